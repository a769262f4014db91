export type Audience =
  | "office"
  | "customer";

export type Cause =
  | "part_missing"
  | "wrong_part"
  | "goods_damaged"
  | "customer_absent"
  | "site_not_ready"
  | "needs_specialist"
  | "wrong_diagnosis"
  | "customer_refused"
  | "unsafe"
  | "out_of_time"
  | "other";

export type Charge =
  | "warranty"
  | "goodwill"
  | "customer";

export type Doubt =
  | "too_dark"
  | "too_bright"
  | "blurred"
  | "too_small"
  | "seen_before"
  | "out_of_time"
  | "far_away";

export type ImageType =
  | "image/jpeg"
  | "image/png"
  | "image/webp"
  | "image/heic";

export type JobState =
  | "issued"
  | "accepted"
  | "travelling"
  | "on_site"
  | "finished"
  | "verified"
  | "rework"
  | "declined"
  | "cancelled";

export type Kind =
  | "job.accepted"
  | "job.declined"
  | "travel.started"
  | "visit.arrived"
  | "visit.assessed"
  | "checklist.answered"
  | "photo.taken"
  | "photo.discarded"
  | "photo.lost"
  | "part.used"
  | "part.voided"
  | "part.requested"
  | "serial.swapped"
  | "note.added"
  | "receipt.presented"
  | "receipt.signed"
  | "receipt.unsigned"
  | "lead.noted"
  | "visit.finished";

export type Language =
  | "en"
  | "zh";

export type Light =
  | "green"
  | "amber"
  | "red";

export type Outcome =
  | "completed"
  | "incomplete";

export type PartSource =
  | "van"
  | "site";

export type PhotoSource =
  | "camera"
  | "gallery";

export type Received =
  | "none"
  | "partial"
  | "complete";

export type RequestReason =
  | "missing"
  | "wrong"
  | "damaged"
  | "needed";

export type RevisitCause =
  | "part_missing"
  | "wrong_part"
  | "goods_damaged"
  | "customer_absent"
  | "site_not_ready"
  | "needs_specialist"
  | "wrong_diagnosis"
  | "customer_refused"
  | "unsafe"
  | "out_of_time"
  | "other"
  | "reservation"
  | "dissatisfied"
  | "workmanship"
  | "evidence"
  | "not_fixed"
  | "repeat_fault";

export type Severity =
  | "minor"
  | "major"
  | "critical"
  | "unsafe";

export type Status =
  | "applied"
  | "recorded"
  | "held"
  | "quarantined"
  | "retry";

export type StepKind =
  | "yes_no"
  | "number"
  | "text"
  | "choice"
  | "photo";

export type UnsignedReason =
  | "refused"
  | "absent"
  | "later";

export type VisitState =
  | "issued"
  | "accepted"
  | "travelling"
  | "on_site"
  | "finished"
  | "declined";
