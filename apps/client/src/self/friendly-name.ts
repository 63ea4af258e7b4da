/** A name to begin with, out of an id: a bird of the shore. */

const MANNERS = ["Quiet", "Swift", "Bold", "Merry", "Early", "Calm", "Keen", "Brave"] as const;
const BIRDS = ["Heron", "Tern", "Avocet", "Plover", "Curlew", "Puffin", "Dunlin", "Gannet", "Egret"] as const;

export function friendlyName(id: string): string {
  let sum = 0;
  for (const character of id) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 1_000_003;
  return `${MANNERS[sum % MANNERS.length]} ${BIRDS[Math.trunc(sum / MANNERS.length) % BIRDS.length]}`;
}
