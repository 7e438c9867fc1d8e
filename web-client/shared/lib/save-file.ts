/** A browser reads the text some moments after the press; until then it must be there. */
const KEPT_MS = 60_000;

/** Puts a text into the browser's downloads, without asking any server. */
export function saveFile(name: string, mediaType: string, content: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], { type: mediaType }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), KEPT_MS);
}
