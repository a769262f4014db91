/** What the picture of a slot should look like: an outline over what the camera sees, and the hint that goes with it. */

export type Subject =
  "before" | "after" | "clean" | "place" | "plate" | "damage" | "detail" | "goods";

/** Drawn in a field of 400 by 300. */
const ROOM = "M20 20l90 60h180l90-60M110 80v120M290 80v120M20 280l90-80h180l90 80";
const PLATE = "M80 95h240v110H80zM100 125h110M100 150h200M100 175h160";
const CLOSE = "M110 100V70h30M260 70h30v30M290 200v30h-30M140 230h-30v-30M185 150h30M200 135v30";
const BOX = "M110 120l90-40 90 40v100l-90 40-90-40zM110 120l90 40 90-40M200 160v100";
const FRAME = "M30 80V30h50M320 30h50v50M370 220v50h-50M80 270H30v-50";
const RING = `M200 70a80 80 0 1 1-.1 0${FRAME}`;

const SHAPES: Readonly<Record<Subject, string>> = {
  before: ROOM,
  after: ROOM,
  clean: ROOM,
  place: ROOM,
  plate: PLATE,
  damage: RING,
  detail: CLOSE,
  goods: BOX,
};

/** The words in the name of a slot that tell its subject, the telling ones first: "old_part_label" is a plate. */
const NAMES: readonly (readonly [Subject, RegExp])[] = [
  ["plate", /serial|label|plate|sticker|meter|barcode|铭牌|序列号|标签/],
  ["damage", /damage|fault|defect|finding|crack|leak|scratch|broken|破损|损坏|故障|问题/],
  ["before", /before|前/],
  ["after", /after|result|done|后/],
  ["clean", /clean|tidy|清洁|整洁/],
  ["detail", /detail|part|seal|hinge|screw|anchor|connect|fix|joint|close|细节|旧件|接头|固定/],
  ["goods", /goods|product|appliance|pack|box|delivery|商品|产品|包装/],
  ["place", /place|room|site|area|wall|kitchen|overview|现场|房间|全景/],
];

/** Null for a slot whose name says nothing. */
export function subjectOf(slot: string, label: string): Subject | null {
  const said = [slot, label].map((text) => text.toLowerCase());
  for (const text of said) {
    const found = NAMES.find(([, words]) => words.test(text));
    if (found) return found[0];
  }
  return null;
}

/** The path of an SVG; a plain frame where nobody knows what the picture is of. */
export function shapeOf(subject: Subject | null): string {
  return subject ? SHAPES[subject] : FRAME;
}
