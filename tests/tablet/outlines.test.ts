/** What the picture of a slot is of, by its name: those of the default checklists, and those of a shop's own. */

import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";

import { shapeOf, subjectOf, type Subject } from "../../field_client/tablet/src/outlines";

it.each<[string, string, Subject | null]>([
  ["before", "Before the work", "before"],
  ["before", "The fault, before the work", "before"],
  ["after", "After the repair", "after"],
  ["serial_label", "Serial label", "plate"],
  ["area_clean", "Area left clean", "clean"],
  ["goods", "The goods from two sides", "goods"],
  ["packaging", "The packaging", "goods"],
  ["place", "The place it is about", "place"],
  ["finding", "What the complaint is about, two sides", "damage"],
  ["old_part", "The old part", "detail"],
  ["old_part_label", "Label of the old part", "plate"],
  ["damage", "The damage", "damage"],
  ["p7", "Serial plate", "plate"],
  ["p8", "铭牌", "plate"],
  ["p9", "The customer's dog", null],
])("%s, %s: %s", (slot, label, subject) => {
  expect(subjectOf(slot, label)).toBe(subject);
});

it("all outlines together weigh less than a kilobyte", () => {
  const subjects = ["before", "plate", "damage", "detail", "goods", null] as const;
  expect(gzipSync(subjects.map(shapeOf).join()).length).toBeLessThan(1000);
});
