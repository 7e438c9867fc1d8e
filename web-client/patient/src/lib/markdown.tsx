import type { ReactNode } from "react";

/**
 * Renders the plain Markdown of consent texts: headings, paragraphs, lists, bold and emphasis.
 * Everything becomes React elements; HTML in the text stays text.
 */
export function Markdown({ text }: { text: string }): ReactNode {
  const blocks = text.replaceAll("\r\n", "\n").trim().split(/\n{2,}/);
  return <>{blocks.flatMap((block, at) => renderBlock(block.trim(), String(at)))}</>;
}

function renderBlock(block: string, key: string): ReactNode[] {
  const heading = /^(#{1,6})\s+(.*)$/m.exec(block);
  if (heading !== null && heading.index === 0) {
    const [line = "", , title = ""] = heading;
    const rest = block.slice(line.length).trim();
    return [<h2 key={key}>{inline(title)}</h2>, ...(rest === "" ? [] : renderBlock(rest, `${key}r`))];
  }
  const lines = block.split("\n");
  const bullet = /^\s*[-*]\s+/;
  const number = /^\s*\d+[.)]\s+/;
  for (const [marker, List] of [[bullet, "ul"], [number, "ol"]] as const) {
    if (!marker.test(lines[0] ?? "")) continue;
    // A line without marker goes on with the item before it.
    const items: string[] = [];
    for (const line of lines) {
      if (marker.test(line)) items.push(line.replace(marker, ""));
      else items.push(`${items.pop() ?? ""} ${line.trim()}`);
    }
    return [<List key={key}>{items.map((item) => <li key={item}>{inline(item)}</li>)}</List>];
  }
  return [<p key={key}>{inline(lines.join(" "))}</p>];
}

function inline(text: string): ReactNode[] {
  return text.split(/(\*\*[^*]+\*\*|\*[^*]+\*|_[^_]+_)/).map((part, at) => {
    const key = `${at}`;
    if (part.startsWith("**")) return <strong key={key}>{part.slice(2, -2)}</strong>;
    if (/^(\*[^*]+\*|_[^_]+_)$/.test(part)) return <em key={key}>{part.slice(1, -1)}</em>;
    return part;
  });
}
