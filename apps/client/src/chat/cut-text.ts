/** The beginning of a text: what does not fit goes, and with it half a character at the end. */
export function cutText(text: string, maxCharacters: number): string {
  return text.slice(0, maxCharacters).replace(/\p{Surrogate}$/u, "");
}
