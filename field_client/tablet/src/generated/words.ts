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

export type DeviceStep =
  | "forget"
  | "resend"
  | "park";

export type Doubt =
  | "too_dark"
  | "too_bright"
  | "blurred"
  | "too_small"
  | "seen_before"
  | "out_of_time"
  | "far_away";

export type FailureCode =
  | "internal"
  | "invalid"
  | "password_too_short"
  | "password_too_long"
  | "password_too_common"
  | "idempotency_key_reused"
  | "reference_unknown"
  | "reason_missing"
  | "certificate_missing"
  | "hash_missing"
  | "not_an_image"
  | "image_too_large"
  | "image_too_costly"
  | "box_unreadable"
  | "backup_damaged"
  | "backup_key_wrong"
  | "backup_too_new"
  | "bad_request"
  | "method_not_allowed"
  | "bad_envelope"
  | "body_cut"
  | "not_signed_in"
  | "wrong_password"
  | "token_expired"
  | "token_invalid"
  | "token_revoked"
  | "token_reused"
  | "not_allowed"
  | "request_forged"
  | "device_revoked"
  | "device_unknown"
  | "not_found"
  | "file_unknown"
  | "backup_unknown"
  | "conflict"
  | "in_progress"
  | "already_there"
  | "step_not_possible"
  | "job_has_warnings"
  | "ticket_still_waits"
  | "offset_mismatch"
  | "picture_not_ready"
  | "backup_target_foreign"
  | "backup_not_kept"
  | "restore_not_empty"
  | "gone"
  | "cursor_gone"
  | "upload_gone"
  | "changed_meanwhile"
  | "tus_version_unknown"
  | "version_missing"
  | "too_large"
  | "unsupported_type"
  | "client_too_old"
  | "too_many_requests"
  | "busy"
  | "examiner_down"
  | "locked"
  | "backup_busy"
  | "storage_full"
  | "backup_no_room"
  | "checksum_mismatch";

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
