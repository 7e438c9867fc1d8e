import { render } from "@testing-library/react";
import { expect, test } from "vitest";
import { Markdown } from "./markdown";

const html = (text: string): string => render(<Markdown text={text} />).container.innerHTML;

test("headings, paragraphs, lists and emphasis", () => {
  expect(html("# Title\n\nSome **bold** and *soft* words\nthat go on.\n\n- one\n- two\n  more\n\n1. first")).toBe(
    "<h2>Title</h2><p>Some <strong>bold</strong> and <em>soft</em> words that go on.</p><ul><li>one</li><li>two more</li></ul><ol><li>first</li></ol>",
  );
});

test("a heading directly above its text", () => {
  expect(html("## Risks\nThe line can fail.")).toBe("<h2>Risks</h2><p>The line can fail.</p>");
});

test("HTML in the text stays text", () => {
  expect(html("<img src=x onerror=alert(1)>")).toBe("<p>&lt;img src=x onerror=alert(1)&gt;</p>");
});
