/**
 * The documents that the server and the tablet exchange, as they are when nothing is wrong with them.
 *
 * Ids are UUIDv7, times are texts of RFC 3339, money is integer cents. Whoever reads what came from
 * elsewhere looks first (`json.ts`); these types are for what has been looked at.
 */

import type {
  Audience,
  Cause,
  Charge,
  ImageType,
  JobState,
  Language,
  Outcome,
  PartSource,
  PhotoSource,
  Received,
  RequestReason,
  Severity,
  StepKind,
  UnsignedReason,
  VisitState,
} from "../generated/words";
import type { Json } from "./json";

/** A field event on the wire. */
export interface Envelope {
  readonly event_id: string;
  readonly seq: number;
  readonly kind: string;
  readonly v: number;
  readonly job_id: string;
  readonly base_rev?: number | null;
  readonly after?: string | null;
  readonly actor: string;
  readonly captured_at: string;
  readonly tz?: string;
  readonly clock?: Clock | null;
  readonly position?: Position | null;
  readonly data: Json;
}

/** What a fold reads of an event. */
export type FieldEvent = Pick<Envelope, "event_id" | "kind" | "captured_at" | "data">;

/** The device's clock at the capture; `offset_ms` is server minus device, measured `offset_age_s` ago. */
export interface Clock {
  readonly boot: string;
  readonly mono_ms: number;
  readonly offset_ms?: number | null;
  readonly offset_age_s?: number | null;
}

export interface Position {
  readonly lat: number;
  readonly lon: number;
  readonly accuracy_m?: number | null;
}

export interface Blob {
  readonly sha256: string;
  readonly size: number;
}

export interface Manifest {
  readonly events: readonly string[];
  readonly blobs: readonly Blob[];
  readonly digest: string;
}

// The office's half of a job.

/** A job as the pull brings it: the sheet of one revision, and the live part. */
export interface Sheet {
  readonly id: string;
  readonly rev: number;
  readonly work: string;
  readonly priority: string;
  readonly ticket: Ticket;
  readonly shop: { readonly id: string; readonly name: string; readonly phone: string };
  readonly customer: Customer;
  readonly site: Site;
  readonly asset: Asset | null;
  readonly window: TimeWindow;
  readonly assignee: Named;
  readonly crew: readonly Named[];
  readonly slots: readonly Slot[];
  readonly checklist: Checklist | null;
  readonly planned_parts: readonly PlannedPart[];
  readonly notes: string;
  readonly care_card: string | null;
  readonly revisit_of: string | null;
  readonly cause: string | null;
  readonly history: readonly Trip[];
  /** What the customer sent before anybody drove; missing where there is nothing, or from older servers. */
  readonly from_customer?: readonly CustomerPicture[];
  readonly state: JobState;
  readonly received: Received;
  readonly missing: { readonly events: readonly string[]; readonly blobs: readonly string[] };
  readonly visit: Visit;
  readonly verdict: Verdict | null;
  readonly retakes: readonly Retake[];
  readonly receipt: {
    readonly version: number;
    readonly digest: string;
    readonly state: string;
  } | null;
}

export interface Named {
  readonly id: string;
  readonly name: string;
}

export interface Ticket {
  readonly id: string;
  readonly kind: string;
  readonly class: string;
  readonly category: string;
  readonly summary: string;
  readonly description: string;
}

export interface Customer extends Named {
  readonly phone: string;
  readonly language: string;
}

export interface Site {
  readonly id: string;
  readonly address: string;
  readonly district: string;
  readonly city: string;
  readonly province: string;
  readonly postcode: string;
  readonly country: string;
  readonly lat: number | null;
  readonly lon: number | null;
  readonly time_zone: string;
  readonly access_notes: string;
}

export interface Asset extends Named {
  readonly model: string;
  readonly name_zh: string;
  readonly category: string;
  readonly serial: string | null;
  readonly order_number: string | null;
  readonly warranty_until: string | null;
}

export interface TimeWindow {
  readonly start: string | null;
  readonly end: string | null;
  readonly time_zone: string;
}

export interface Slot {
  readonly slot: string;
  readonly label?: string;
  readonly label_zh?: string;
  /** What should be in the picture, in the office's own words. */
  readonly hint?: string;
  readonly hint_zh?: string;
  readonly minimum?: number;
}

export interface Checklist {
  readonly name: string;
  readonly version: number;
  readonly steps: readonly Step[];
}

/** A step; the limits of a number are its own, of a text its length, of a photo how many. */
export interface Step {
  readonly step_id: string;
  readonly kind?: StepKind | (string & {});
  readonly label?: string;
  readonly label_zh?: string;
  readonly required?: boolean;
  readonly minimum?: number | null;
  readonly maximum?: number | null;
  readonly unit?: string | null;
  readonly slot?: string | null;
  readonly choices?: readonly Choice[] | null;
  readonly only_if?: { readonly step_id: string; readonly answer: unknown } | null;
}

export interface Choice {
  readonly value: string;
  readonly label?: string;
  readonly label_zh?: string;
}

/** Yes or no, a number, text, or several texts. */
export type Answer = boolean | number | string | readonly string[];

export interface PlannedPart {
  readonly sku: string;
  readonly name: string;
  readonly name_zh: string;
  readonly quantity: number;
  readonly charge: Charge;
  readonly unit_price: number;
  readonly currency: string;
}

/** An earlier trip, with some of its photos. */
export interface Trip {
  readonly job_id: string;
  readonly finished_at: string;
  readonly outcome: Outcome;
  readonly cause: Cause | null;
  readonly words: string | null;
  readonly photos: readonly (Blob & {
    readonly photo_id: string;
    readonly slot: string;
    readonly mime: ImageType;
  })[];
}

export interface CustomerPicture {
  readonly photo_id: string;
  readonly note: string;
}

export interface Verdict {
  readonly verdict: string;
  readonly reason: string | null;
  readonly at: string | null;
}

export interface Retake {
  readonly photo_id: string;
  readonly slot: string;
  readonly reason: string | null;
}

// What really happened.

/** The fold of a job's field events. */
export interface Visit {
  readonly state: VisitState;
  readonly accepted_at: string | null;
  readonly declined_reason: string | null;
  readonly travel_started_at: string | null;
  readonly arrived_at: string | null;
  readonly assessment: Assessment | null;
  readonly answers: Readonly<Record<string, Answered>>;
  readonly photos: Readonly<Record<string, Photo>>;
  readonly parts: Readonly<Record<string, PartLine>>;
  readonly requests: Readonly<Record<string, PartRequest>>;
  readonly swaps: readonly Swap[];
  readonly notes: readonly Note[];
  readonly leads: readonly Lead[];
  readonly receipt: ReceiptState | null;
  readonly finished: Finish | null;
}

export interface Assessment {
  readonly severity: Severity;
  readonly findings: readonly string[];
  readonly words: string | null;
}

export interface Answered {
  readonly answer: Answer;
  readonly words: string | null;
  readonly event_id: string;
  readonly at: string;
}

/** A photo; all that was said of it is null when only its end is known. */
export interface Photo {
  readonly slot: string | null;
  readonly sha256: string | null;
  readonly size: number | null;
  readonly mime: ImageType | null;
  readonly width: number | null;
  readonly height: number | null;
  readonly source: PhotoSource | null;
  readonly reason: string | null;
  readonly drawn_on: string | null;
  readonly at: string;
  readonly state: "taken" | "discarded" | "lost";
}

/** A part line; all that was said of it is null when only its void is known. */
export interface PartLine {
  readonly sku: string | null;
  readonly quantity: number | null;
  readonly from: PartSource | null;
  readonly charge: Charge | null;
  readonly unit_price: number | null;
  readonly currency: string | null;
  readonly serial: string | null;
  readonly voided: boolean;
}

export interface PartRequest {
  readonly sku: string | null;
  readonly words: string | null;
  readonly quantity: number;
  readonly reason: RequestReason;
}

export interface Swap {
  readonly line_id: string | null;
  readonly old_serial: string;
  readonly new_serial: string;
}

export interface Note {
  readonly text: string;
  readonly audience: Audience;
  readonly at: string;
}

export interface Lead {
  readonly text: string;
  readonly product: string | null;
  readonly at: string;
}

/** Where the receipt stands: shown, signed, or why it is not. */
export interface ReceiptState {
  readonly state: "presented" | "signed" | "unsigned";
  readonly at: string;
  readonly digest: string | null;
  readonly language: Language | null;
  readonly signer_name: string | null;
  readonly relation: string | null;
  readonly signature: (Blob & { readonly mime: ImageType }) | null;
  readonly stars: number | null;
  readonly words: string | null;
  readonly reservation: string | null;
  readonly reason: UnsignedReason | null;
}

export interface Finish {
  readonly at: string;
  readonly outcome: Outcome;
  readonly cause: Cause | null;
  readonly words: string | null;
  readonly manifest: Manifest;
}

// What the customer signs.

/** `doorstep-receipt/1`: built alike by tablet and server, so that its digest is the same. */
export interface Receipt {
  readonly format: string;
  readonly job_id: string;
  readonly ticket_id: string;
  readonly rev: number;
  readonly language: string;
  readonly shop: Named & { readonly phone: string };
  readonly customer: { readonly name: string };
  readonly site: Pick<Site, "address" | "district" | "city" | "province" | "postcode" | "country">;
  readonly asset: Omit<Asset, "name_zh" | "category"> | null;
  readonly installer: Named;
  readonly crew: readonly Named[];
  readonly window: TimeWindow;
  readonly work: string;
  readonly times: {
    readonly accepted: string | null;
    readonly travel_started: string | null;
    readonly arrived: string | null;
  };
  readonly assessment: Assessment | null;
  readonly answers: readonly AnswerLine[];
  readonly photos: readonly PhotoLine[];
  readonly parts: readonly PricedLine[];
  readonly swaps: readonly Swap[];
  readonly requests: readonly (PartRequest & { readonly request_id: string })[];
  readonly notes: readonly string[];
  readonly totals: readonly { readonly currency: string | null; readonly amount: number | null }[];
  readonly care_card: string | null;
  readonly reservation: string | null;
  readonly agreement: string;
  readonly events: readonly string[];
}

/** An answer as the receipt carries it: a fraction has become text. */
export interface AnswerLine {
  readonly step_id: string;
  readonly label: string;
  readonly answer: Answer;
  readonly words: string | null;
}

export interface PhotoLine {
  readonly number: number;
  readonly photo_id: string;
  readonly slot: string;
  readonly sha256: string;
}

/** A part with its price; `amount` is quantity times price, where both are known. */
export interface PricedLine {
  readonly line_id: string;
  readonly sku: string;
  readonly name: string;
  readonly quantity: number | null;
  readonly charge: Charge;
  readonly unit_price: number | null;
  readonly currency: string | null;
  readonly serial: string | null;
  readonly amount: number | null;
}

// What moves.

/** One line of the stock ledger, as far as the field writes it. */
export interface Movement {
  readonly sku: string;
  readonly quantity: number;
  readonly from_place: string;
  readonly to_place: string;
  readonly kind: "use" | "return";
  readonly person_id: string;
  readonly at: string;
  readonly job_id: string | null;
  readonly line_id: string | null;
  readonly serial: string | null;
  readonly reason: string | null;
}
