/** A job as the office issues it and a visit that has not begun, for tests whose subject is what is shown. */

import type { Sheet } from "../../field_client/tablet/src/domain/documents";
import * as visits from "../../field_client/tablet/src/domain/visits";
import type { Job } from "../../field_client/tablet/src/jobs";

export const SHEET: Sheet = {
  id: "J-1001",
  rev: 1,
  work: "Hang the door anew",
  priority: "ordinary",
  ticket: {
    id: "T-1001",
    kind: "repair",
    class: "ordinary",
    category: "installation",
    summary: "The door hangs",
    description: "",
  },
  shop: { id: "b_1", name: "Doorstep Home", phone: "+86 28 8512 3600" },
  customer: { id: "c_1", name: "王小明", phone: "138 0013 8000", language: "zh" },
  site: {
    id: "s_1",
    address: "桐梓林北路 8 号",
    district: "武侯区",
    city: "成都市",
    province: "四川省",
    postcode: "610041",
    country: "CN",
    lat: null,
    lon: null,
    time_zone: "Asia/Shanghai",
    access_notes: "",
  },
  asset: null,
  window: {
    start: "2026-11-25T06:00:00Z",
    end: "2026-11-25T08:00:00Z",
    time_zone: "Asia/Shanghai",
  },
  assignee: { id: "p_alice", name: "Alice" },
  crew: [],
  slots: [
    { slot: "before", label: "Before", label_zh: "施工前", minimum: 1 },
    { slot: "after", label: "After", label_zh: "施工后", minimum: 1 },
  ],
  checklist: {
    name: "repair",
    version: 1,
    steps: [
      { step_id: "level", kind: "yes_no", label: "Is it level?", required: true },
      { step_id: "old_part", kind: "photo", label: "The old part", required: true },
    ],
  },
  planned_parts: [],
  notes: "",
  care_card: null,
  revisit_of: null,
  cause: null,
  history: [],
  state: "issued",
  received: "none",
  missing: { events: [], blobs: [] },
  visit: visits.empty(),
  verdict: null,
  retakes: [],
  receipt: null,
};

/** The job after these facts; `[kind, data]`, oldest first. */
export function jobAfter(facts: [string, object][], changes: Partial<Sheet> = {}): Job {
  const events = facts.map(([kind, data], at) => ({
    event_id: `01980000-0000-7000-8000-0000000000${String(at).padStart(2, "0")}`,
    kind,
    captured_at: "2026-11-25T14:02:11.480+08:00",
    data: data as Record<string, unknown>,
  }));
  const sheet = { ...SHEET, ...changes };
  const visit = visits.fold(events);
  return { jobId: sheet.id, sheet, visit, standing: "mine", reason: null };
}

let photos = 0;

export function photoOf(slot: string): [string, object] {
  const number = (photos += 1).toString(16);
  const facts = { size: 9, mime: "image/jpeg", width: 4, height: 3, source: "camera" };
  const photo_id = `01990000-0000-7000-8000-${number.padStart(12, "0")}`;
  return ["photo.taken", { photo_id, slot, sha256: number.padStart(64, "0"), ...facts }];
}
