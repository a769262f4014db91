/** What the app says in English. `zh.ts` has the same keys: the compiler holds them together. */

import { doubts, refusals } from "../generated/sentences.en.json";

const span = (minutes: number) => {
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60 > 0 || hours === 0 ? `${minutes % 60} min` : "";
  return [hours > 0 ? `${hours} h` : "", rest].join(" ").trim();
};

const s = (count: number, one: string, more = `${one}s`) => `${count} ${count === 1 ? one : more}`;

/** What there is of two, "and" between them. */
const both = (...counts: (string | 0)[]) => counts.filter((each) => each !== 0).join(" and ");

export const en = {
  language: "Language",
  wordsNotHere:
    "This language is not on this tablet yet. Nothing is lost. The app speaks it as soon as there is a connection.",
  close: "Close",
  saved: "Saved on this tablet",
  understood: "Understood",
  yes: "Yes",
  no: "No",
  more: "One more",
  less: "One less",
  of: (have: number, need: number) => `${have} of ${need}`,

  entrance: {
    title: "Sign in",
    why: "Once on this tablet, with a connection. After that a PIN opens the app, with or without one.",
    username: "Username",
    password: "Password",
    signIn: "Sign in",
    others: "Back to the people on this tablet",
    farewells: {
      emptied:
        "The office took this tablet out of service. All work from it is with the office, and nothing is left here. Please hand the tablet to the office.",
      lost: "The office reported this tablet as lost. Its jobs are no longer here. Work that was not sent yet is kept locked and goes out after you sign in. If you have the tablet, call the office.",
      evicted:
        "The browser has emptied this app: somebody cleared its data, or the tablet was full. What the office had is safe, and your jobs come back when you sign in. What was not sent yet is gone from this tablet: tell the office.",
    },
  },

  pin: {
    hello: (name: string) => `Hello, ${name}`,
    enter: "Enter your PIN",
    choose: "Choose a PIN",
    repeat: "Enter the PIN once more",
    different: "The two PINs were different. Please choose again.",
    why: (digits: number) => `${digits} figures that only you know. They lock what is saved here.`,
    typed: (count: number, digits: number) => `${count} of ${digits} figures entered`,
    back: "Delete the last figure",
    forgotten: "PIN forgotten? Sign in",
    somebodyElse: "Sign in as somebody else",
    others: "Somebody else",
    waits: (photos: number, entries: number) =>
      `Saved on this tablet: ${both(photos && s(photos, "photo"), entries && s(entries, "entry", "entries"))}. Open to send.`,
    collected:
      "The office collects this tablet. Please open it once, so that nothing stays behind.",
  },

  frame: {
    opening: "One moment…",
    notYet: "Not connected yet",
    allSent: "All with the office",
    savedHere: (count: number) => `${count} saved here`,
    sending: (count: number) => `Sending ${count}`,
    sendingFiles: (left: string) => `Sending, ${left} left`,
    paused: (count: number) => `Paused, ${count} waiting`,
    toStatus: "Status: what waits on this tablet",
    newVersion: "A new version of the app is ready. Nothing that waits is lost.",
    restart: "Restart the app",
    signInAgain:
      "The office asks you to sign in again. Go on working; what waits goes out after that.",
  },

  day: {
    title: "My day",
    overdue: "Still open from before",
    today: "Today",
    tomorrow: "Tomorrow",
    later: "Later",
    open: "No appointment yet",
    earlier: "Done before today",
    search: "Search jobs",
    nothingFound: "No job has these words.",
    empty: "No jobs yet. They appear here by themselves as soon as the office issues them.",
    loading: "Getting your jobs…",
    choose: "Choose a job to see it here.",
    noWindow: "no appointment",
    revisit: (cause: string) => `Second visit: ${cause}`,
    changed: "Changed by the office",
    retakes: (count: number) => `${s(count, "photo")} to take again`,
    unready: "Not ready to leave",
  },

  states: {
    issued: "New",
    accepted: "Accepted",
    travelling: "On the way",
    on_site: "On site",
    finished: "Finished",
    verified: "Accepted by the office",
    rework: "Rework",
    declined: "Declined",
    cancelled: "Cancelled",
  },

  classes: {
    ordinary: "Ordinary",
    urgent: "Urgent",
    special: "Special care",
    sensitive: "Upset customer",
  },

  reasons: {
    reassigned: "Given to somebody else",
    cancelled: "Cancelled",
    removed: "No longer yours",
  },

  received: {
    none: "Not with the office yet",
    partial: "Partly with the office",
    complete: "All with the office",
  },

  job: {
    unknown: (jobId: string) => `Job ${jobId} is not on this tablet.`,
    typed:
      "You had typed this for it and not saved it. If it matters, tell the office on the phone:",
    call: (number: string) => `Call ${number}`,
    navigate: "Navigate",
    copyAddress: "Copy address",
    copied: "Copied",
    access: "Getting in:",
    about: "About this job",
    ticket: "Ticket",
    description: "What the customer said",
    product: "Product",
    serial: "Serial number",
    warranty: "Warranty until",
    notes: "Notes from the office",
    care: "Care card",
    crew: "With you",
    number: "Job number",
    history: (count: number) => `Earlier visits (${count})`,
    fromCustomer: (count: number) => `From the customer (${count})`,
    fromCustomerAlone: "From the customer",
    leaving: (reason: string) =>
      `${reason}. What you did is kept and will still be sent; no more can be added.`,
    cancelled: "The office cancelled this job. What you did is kept and will still be sent.",
    forTheOffice: (count: number) =>
      `${s(count, "entry", "entries")} came when the job had changed. Nothing is lost: somebody in the office looks at it.`,
    rework: (reason: string) => `The office asks for rework. ${reason}`,
  },

  next: {
    title: "Next",
    accept: "Accept the job",
    travel: "Set out",
    arrive: "I have arrived",
    assess: "Assess the fault",
    answer: (label: string) => `Checklist: ${label}`,
    photo: (label: string) => `Take photo: ${label}`,
    receipt: "Hand over for the receipt",
    finish: "Finish the visit",
  },

  stages: {
    way: "On the way",
    assessment: "Assessment",
    checklist: "Checklist",
    photos: "Photos",
    parts: "Parts",
    notes: "Notes and leads",
    signing: "Receipt",
    finish: "Finish",
    done: "done",
    open: "open",
    arrived: "Arrived",
  },

  way: {
    window: (window: string) => `Agreed: ${window}`,
    accepted: "Accepted",
    travelled: "Set out",
    arrived: "Arrived",
    notAccepted: "Not accepted yet",
    notTravelled: "Not set out yet",
    notArrived: "Not arrived yet",
    early: (minutes: number) => `${span(minutes)} before the window`,
    late: (minutes: number) => `${span(minutes)} after the window`,
    onTime: "On time",
    declined: (reason: string) => `Declined: ${reason}`,
    decline: "Decline the job",
    declineWhy: "Why can you not take it?",
    declineNow: "Decline",
  },

  ready: {
    title: (light: string) => `Ready to leave? ${light}`,
    lights: { green: "Yes", amber: "Yes, but look", red: "Not yet" },
    names: {
      parts: "Parts",
      earlier: "Data and earlier photos",
      storage: "Room for photos",
      kept: "Safe storage",
      clock: "Clock",
      contact: "Contact",
    },
    partsGood: "All planned parts are in the van.",
    partsShort: (lines: string[]) => `Not in the van: ${lines.join(", ")}.`,
    earlierGood: (all: number) => (all > 0 ? "All on this tablet." : "There are none."),
    earlierMissing: (here: number, all: number) =>
      `${here} of ${all} on this tablet. They come with the next contact.`,
    storageGood: "There is room for photos.",
    storageLow: (free: string) => `Only ${free} free. Send what waits, or free some space.`,
    keptGood: "The browser keeps what is saved.",
    keptNot:
      "The browser promises nothing yet. If it still does not, install the app on the home screen.",
    clockGood: "Right.",
    clockUnknown: "Not compared with the office yet.",
    clockWrong: "Wrong. In the tablet's settings, let date and time be set by the network.",
    contactGood: "Less than a day ago.",
    contactOld: "More than a day ago. Look for a network once before you leave.",
    contactNone: "Please sign in while there is a network.",
    fetchNow: "Fetch now",
    seeRoom: "See what takes room",
    keepNow: "Keep it safe",
    compareNow: "Compare now",
    contactNow: "Get in touch now",
    askFor: (count: number, part: string) => `Ask for ${count} × ${part}`,
    askedFor: (part: string) => `Asked for: ${part}`,
  },

  severities: {
    minor: "Minor",
    major: "Major",
    critical: "Critical",
    unsafe: "Unsafe",
  },

  assessment: {
    severity: "How bad is it?",
    words: "What did you find?",
    save: "Save the assessment",
    unsafe: "Stop the work until the place is safe, and call the office.",
  },

  checklist: {
    optional: "if it applies",
    save: "Save the answer",
    problems: {
      missing: () => "An answer is needed.",
      not_yes_no: () => "The answer is yes or no.",
      not_a_number: () => "This takes a number.",
      below_minimum: (low: number) =>
        `The least that can be right is ${low}. Please measure again.`,
      above_maximum: (_: number, high: number) =>
        `The most that can be right is ${high}. Please measure again.`,
      not_a_choice: () => "This is none of the choices.",
      not_text: () => "This takes words.",
      too_short: (low: number) => `At least ${low} letters, please.`,
      too_long: (_: number, high: number) => `At most ${high} letters, please.`,
      not_a_photo: () => "This takes a photo.",
    },
  },

  photos: {
    take: "Take photo",
    another: "One more photo",
    none: "This job asks for no photos.",
    many: (count: number) => s(count, "photo"),
    one: (label: string, time: string) => `${label}, photo of ${time}`,
    retake: (label: string, reason: string) => `Please take again: ${label}. ${reason}`,
    sending: (share: number) => `Sending ${share} %`,
    states: {
      waiting: "Saved here",
      stored: "With the office",
      lost: "Lost on this tablet",
    },
    unknown: "This photo is not on this tablet.",
    fromGallery: (reason: string) => `From the gallery: ${reason}`,
    backToAll: "All photos",
    draw: "Draw on a copy",
    discard: "Take this photo back",
    discardMeans: "It no longer counts for the job. The office can still see that it was taken.",
    discardWhy: "Why?",
    discardNow: "Take it back",
  },

  camera: {
    title: (label: string) => `Camera: ${label}`,
    done: "Done",
    live: "What the camera sees",
    shutter: "Take the photo",
    again: "Take again",
    keep: "Keep it",
    lamp: "Light",
    gallery: "Gallery",
    openAgain: "Open the camera again",
    galleryWhy: "Why not with the camera?",
    galleryPick: "Choose a photo",
    savedHere: (count: number) => `${s(count, "photo")} saved`,
    hints: {
      before: "The whole place as it is, before anything is touched.",
      after: "From the same spot as before, with all that was done.",
      clean: "The whole floor and the corners. Nothing is left behind.",
      place: "From the door, so that the whole place is in the picture.",
      plate: "Fill the frame and hold it straight. Every letter can be read.",
      damage: "The damage inside the ring, and a little of what is around it.",
      detail: "Close up and sharp, with what it is attached to.",
      goods: "The whole thing, with two of its sides in sight.",
      anything: "All that matters is inside the frame.",
    },
  },

  scan: {
    scan: "Scan",
    of: (what: string) => `Scan: ${what}`,
    hold: "Hold the code inside the frame. The first one that is read goes into the field.",
    noCamera:
      "The camera does not open. Nothing is lost. Allow the camera for this app in the settings and close other apps that use it, or type the number.",
  },

  drawing: {
    title: "Draw on a copy",
    means: "Circle what matters, or draw an arrow to it. The photo itself stays as it is.",
    surface: "The photo to draw on",
    undo: "Undo",
    save: "Save the copy",
    leave: "Cancel",
  },

  charges: {
    customer: "the customer pays",
    warranty: "under warranty",
    goodwill: "goodwill, free",
  },
  sources: { van: "from the van", site: "already there" },
  requestReasons: {
    missing: "missing",
    wrong: "wrong part",
    damaged: "damaged",
    needed: "needed",
  },

  parts: {
    planned: "Planned for this job",
    used: "Used",
    usedTitle: "Used",
    requested: "Still needed",
    swapped: "Exchanged",
    swapPair: (old: string, fresh: string) => `${old} out, ${fresh} in`,
    inVan: (count: number) => `${count} in the van`,
    use: "Use a part",
    useNow: "Save the part",
    request: "Missing, wrong or damaged",
    requestWhy: "What is wrong?",
    requestWords: "In your words",
    requestNow: "Ask for the part",
    swap: "Exchange a serial number",
    swapNow: "Save the exchange",
    oldSerial: "Old serial number",
    newSerial: "New serial number",
    search: "Search parts",
    another: "Another part",
    found: "Parts found",
    noneFound: "No part has these words.",
    quantity: "Quantity",
    from: "Where from?",
    charge: "Who pays?",
    serial: "Serial number, if it has one",
    overUse: (count: number) =>
      `By the ledger your van has ${count}. Go on if you really used it; the storekeeper will look.`,
    void: "Take back",
    voidReason: "entered by mistake",
  },

  notes: {
    note: "A note",
    forWhom: "Who reads it?",
    audiences: { office: "The office only", customer: "The customer, on the receipt" },
    save: "Save the note",
    lead: "Lead",
    leadWhat: "Does the customer want something more?",
    leadHint: "A few words are enough: “wants a new hood in spring”.",
    saveLead: "Save the lead",
  },

  relations: {
    self: "I am the customer",
    family: "Family",
    tenant: "Tenant",
    neighbour: "Neighbour",
    other: "Somebody else",
  },
  unsignedReasons: {
    refused: "The customer does not want to sign",
    absent: "The customer is not here",
    later: "The customer signs later by link",
  },

  signing: {
    handOverMeans:
      "The customer reads what was done and signs. Until you enter your PIN the tablet shows nothing else.",
    signAgain: "It can be looked at again. If something changes, have it signed once more.",
    showSigned: "Show the signed receipt",
    signedBy: (name: string) => `Signed by ${name}`,
    outdated:
      "Something on the receipt changed after it was signed. Please have it signed once more.",
    unsigned: (reason: string) => `Not signed: ${reason}`,
    stars: (count: number) => s(count, "star"),
    reservation: (text: string) => `Reservation: ${text}`,
    code: (code: string) => `Code of this receipt: ${code}`,
    states: { presented: "Shown", signed: "Signed", unsigned: "Not signed" },
  },

  receipt: {
    giveBack: "Give it back",
    installerPin: "The installer's PIN",
    haveReservation: "I have a reservation about the work",
    reservation: "What is not right?",
    stars: "How satisfied are you?",
    words: "A word to us, if you like",
    signature: "Your signature",
    name: "Name",
    relation: "Who signs?",
    signHere: "Please sign here with a finger or a pen",
    undo: "Undo",
    clear: "Clear",
    sign: "Sign the receipt",
    notNow: "I do not sign now",
    whyNot: "Why is the receipt not signed?",
    whyNotWords: "A word about it, if you like",
    saveUnsigned: "Save this",
    isSigned: (name: string) => `Signed by ${name}. It can only be read now.`,
    thanks: "Thank you. Your receipt is signed.",
    noted: "Thank you. This is noted.",
    pleaseGiveBack: "Please give the tablet back now.",
  },

  outcomes: { completed: "Completed", incomplete: "Incomplete" },
  causes: {
    part_missing: "part missing",
    wrong_part: "wrong part",
    goods_damaged: "goods damaged",
    customer_absent: "customer absent",
    site_not_ready: "site not ready",
    needs_specialist: "needs a specialist",
    wrong_diagnosis: "wrong diagnosis",
    customer_refused: "customer refused",
    unsafe: "unsafe",
    out_of_time: "out of time",
    other: "something else",
    reservation: "reservation",
    dissatisfied: "dissatisfied",
    workmanship: "workmanship",
    evidence: "photo wanted again",
    not_fixed: "not fixed",
    repeat_fault: "same fault again",
  },

  finish: {
    outcome: "How did it end?",
    cause: "Why is it incomplete?",
    revisit: "The office plans a second visit for this cause, with the parts that you asked for.",
    words: "A word for the office, if you like",
    anywayWhy: "Why is something missing?",
    wordsNeeded: "A few words are needed here.",
    finish: "Finish the visit",
    anyway: "Finish all the same",
    nothingMissing: "Nothing is missing.",
    missing: "Still missing",
    missingArrival: "Your arrival",
    missingReceipt: "The receipt",
    missingPhoto: (label: string) => `Photo: ${label}`,
    missingStep: (label: string) => `Checklist: ${label}`,
    finishedAt: (time: string, outcome: string) => `Finished at ${time}: ${outcome}`,
    savedHere: "Saved on this tablet. It goes to the office by itself.",
  },

  status: {
    title: "Status",
    sending: "Sending",
    nothingWaits: "Nothing waits: everything is with the office.",
    waits: (events: number, files: number, bytes: string) =>
      `Saved on this tablet and waiting: ${s(events, "entry", "entries")}, ${s(files, "file")} (${bytes}).`,
    sendNow: "Send now",
    running: "Sending…",
    pause: "Pause",
    resume: "Go on",
    file: "The file on its way",
    ofBytes: (part: string, whole: string) => `${part} of ${whole}`,
    perJob: "Job by job",
    events: (count: number) => `${s(count, "entry", "entries")} saved here`,
    files: (count: number, bytes: string) => `${s(count, "file")} saved here (${bytes})`,
    lost: (count: number) => `${count} lost`,
    recorded: (count: number) => `${count} kept for the office to look at`,
    held: (count: number) => `${count} wait for what came before`,
    quarantined: (count: number) => `${count} with somebody in the office`,
    notices: {
      device_revoked:
        "The office takes this tablet out of service. It gets no new jobs. Work that waits still goes out; once all of it is with the office, the tablet empties itself.",
      storage_full:
        "The office's server is short of space. Photos wait on this tablet and go out later.",
      client_too_old: "This app is too old to get jobs. Please update it; its work still goes out.",
    },
    box: "The last resort",
    boxMeans:
      "If this tablet will not send any more, everything that waits goes into one locked file. Only the office can open it; everything stays here, too.",
    boxMake: "Make the file",
    boxMade: (events: number, files: number) =>
      `In the file: ${s(events, "entry", "entries")} and ${s(files, "file")}. Give it to the office.`,
    machine: "This tablet",
    lastContact: "Last contact",
    never: "never",
    network: "Network",
    online: "connected",
    offline: "not connected",
    storage: "Storage used",
    kept: "Storage is",
    persisted: "kept for good",
    notPersisted: "not promised by the browser: send soon",
    nearlyFull:
      "This tablet is getting full. Send what waits and free some space: delete videos or other apps, never this one.",
    clock: "Clock",
    clockOff: (seconds: number) => `${seconds} s off the office's`,
    clockWrong: "The clock of this tablet is wrong. Please set it; times are corrected and marked.",
    person: "Signed in",
    device: "Tablet",
    version: "Version",
    unknown: "not known",
  },

  account: {
    title: "You",
    sun: "Sunlight: stronger and larger",
    lock: "Lock now",
    signOut: "Sign out",
    stay: "Stay signed in",
    signOutAnyway: "Sign out all the same",
    stillWaits: (events: number, files: number, bytes: string) =>
      `${s(events, "entry", "entries")} and ${s(files, "file")} (${bytes}) are not with the office yet. They stay on this tablet and go out after you sign in here again.`,
  },

  /** What a failure says, by its code: what happened, that nothing is lost (or what is), and what to do. */
  failures: {
    internal:
      "Something went wrong in the app. What was saved before is still on this tablet. Close the app, open it again and repeat the last step.",
    network_down: "No connection. Everything is saved on this tablet and goes out by itself.",
    foreign_answer:
      "This Wi-Fi lets nothing through yet. Open the browser and sign in to the Wi-Fi, or use another network. Everything is saved on this tablet.",
    server_busy:
      "The server is busy. Everything is saved on this tablet, and the app tries again by itself.",
    sign_in_needed:
      "Please sign in again. You can go on working; what waits stays on this tablet and goes out after that.",
    device_lost:
      "The office reported this tablet as lost, so it was signed out and its jobs are no longer on it. What was not sent yet is kept locked and goes out after a sign-in.",
    wrong_password:
      "Name and password do not fit. Nothing on this tablet has changed. Check both and try again.",
    wrong_pin:
      "This PIN does not fit. Nothing is lost. Try again, or sign in with name and password.",
    person_not_here:
      "{username} has not signed in on this tablet yet. Sign in once while there is a connection.",
    job_not_here:
      "Job {job} is not on this tablet. Nothing is lost. Get the latest jobs while there is a connection.",
    job_read_only:
      "Job {job} is no longer yours. What you did is kept and will still be sent; no more can be added. Ask the office if this is a surprise.",
    not_valid:
      "This cannot be kept as it is. What you typed is still here; correct it and save again.",
    not_here: "This entry is no longer there. Nothing was changed. Go back and look again.",
    something_missing:
      "Something is missing before you can finish. What you did is saved. Add it, or finish all the same with a reason.",
    disk_full:
      "This tablet is full, so this was not saved. What was saved before is still here. Send what waits and free some space: delete videos or other apps, never this one. Then do it again.",
    no_room_for_photo:
      "This tablet is too full for photos, so this one was not saved. What was saved before is still here, and entries and signatures still find room. Send what waits and free some space: delete videos or other apps, never this one. Then take it again.",
    store_broken:
      "The app cannot reach its storage, so this was not saved. Close the app and open it again. If it comes back, do not delete anything and call the office.",
    store_too_new:
      "A newer version of the app has worked on this tablet. Nothing was changed. Close all of its windows and open it again while there is a connection.",
    file_unreadable:
      "This photo cannot be read and was not saved. All others are still here. Take it again, or choose another one.",
    camera_unavailable:
      "The camera does not open. Nothing is lost. Allow the camera for this app in the settings and close other apps that use it, or choose a photo from the gallery with a reason.",
    no_export_key:
      "The office's key is not on this tablet yet. Everything stays saved. Connect once, then export.",
  },

  doubts,
  refusals,
};
