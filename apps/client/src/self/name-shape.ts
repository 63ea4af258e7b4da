/** What a name looks like: two names of one shape can't be told apart, though they are written with other characters. */

/** Letters of other alphabets that look like these. Not all there are: those that names are imitated with. */
const LOOKS = {
  a: "аαɑ",
  b: "Ьβ",
  c: "сϲ",
  d: "ԁ",
  e: "еε",
  g: "ɡ",
  h: "һн",
  i: "іιı1|l",
  j: "ј",
  k: "кκ",
  m: "м",
  n: "ո",
  o: "оο0",
  p: "рρ",
  q: "ԛ",
  s: "ѕ",
  t: "тτ",
  u: "υս",
  v: "ν",
  w: "ԝω",
  x: "хχ",
  y: "уγ",
  z: "ζ",
} as const;

const latinBy = new Map(
  Object.entries(LOOKS).flatMap(([latin, others]) => Array.from(others, (other) => [other, latin] as const)),
);

const shapes = new Map<string, string>();
const MAX_SHAPES = 1_000;

/** For comparison alone. Each message of a room asks for it, at each change of the room. */
export function nameShape(name: string): string {
  const known = shapes.get(name);
  if (known !== undefined) return known;
  if (shapes.size >= MAX_SHAPES) shapes.clear();
  const shape = shapeOf(name);
  shapes.set(name, shape);
  return shape;
}

function shapeOf(name: string): string {
  const letters = name
    .normalize("NFKD")
    .toLowerCase()
    .replaceAll(/[\p{Default_Ignorable_Code_Point}\s]/gu, "");
  return Array.from(letters, (letter) => latinBy.get(letter) ?? letter)
    .join("")
    .normalize("NFC");
}
