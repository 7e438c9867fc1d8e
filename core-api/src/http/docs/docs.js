// Draws openapi.json. Text only ever becomes text: no HTML is made from the document.
"use strict";

const METHODS = ["get", "post", "patch", "delete"];

function element(name, className, ...children) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

function typeOf(schema, schemas, depth) {
  if (schema.$ref) {
    const name = schema.$ref.split("/").pop();
    return depth > 0 && schemas[name] ? typeOf(schemas[name], schemas, depth - 1) : name;
  }
  if (schema.enum) return schema.enum.map((word) => JSON.stringify(word)).join(" | ");
  const parts = schema.oneOf ?? schema.anyOf;
  if (parts) return parts.map((part) => typeOf(part, schemas, depth)).join(" | ");
  if (schema.allOf) return Object.assign({}, ...schema.allOf.map((part) => typeOf(part, schemas, depth)));
  if (schema.type === "array") return [typeOf(schema.items, schemas, depth)];
  if (schema.properties) {
    const required = new Set(schema.required ?? []);
    const member = ([name, value]) => [required.has(name) ? name : `${name}?`, typeOf(value, schemas, depth - 1)];
    return Object.fromEntries(Object.entries(schema.properties).map(member));
  }
  const type = [schema.type ?? "any"].flat().join(" | ");
  return schema.format ? `${type} (${schema.format})` : type;
}

function shape(title, content, schemas) {
  const schema = Object.values(content ?? {})[0]?.schema;
  if (!schema) return [element("p", "", title)];
  const text = JSON.stringify(typeOf(schema, schemas, 3), null, 2);
  return [element("p", "", title), element("pre", "", text)];
}

function parameters(list) {
  if (!list?.length) return [];
  const rows = list.map((one) =>
    element(
      "tr",
      "",
      element("td", "", element("code", "", one.name)),
      element("td", "quiet", `${one.in}${one.required ? ", required" : ""}`),
      element("td", "", one.description ?? ""),
    ),
  );
  return [element("table", "", element("tbody", "", ...rows))];
}

function operation(path, method, described, schemas) {
  const summary = element(
    "summary",
    "",
    element("span", "method", method.toUpperCase()),
    element("code", "path", path),
    element("span", "quiet", described.summary ?? ""),
  );
  const body = element("div", "body");
  if (described.description) body.append(element("p", "", described.description));
  body.append(...parameters(described.parameters));
  if (described.requestBody) body.append(...shape("Request", described.requestBody.content, schemas));
  for (const [status, response] of Object.entries(described.responses)) {
    body.append(...shape(`${status}: ${response.description}`, response.content, schemas));
  }
  const made = element("details", "", summary, body);
  made.id = described.operationId;
  return made;
}

function draw(api) {
  document.getElementById("about").textContent = api.info.description;
  const byTag = new Map();
  for (const [path, item] of Object.entries(api.paths)) {
    for (const method of METHODS.filter((name) => item[name])) {
      const tag = item[method].tags?.[0] ?? "other";
      const made = operation(path, method, item[method], api.components.schemas);
      byTag.set(tag, [...(byTag.get(tag) ?? []), made]);
    }
  }
  const main = document.getElementById("operations");
  main.replaceChildren();
  for (const [tag, made] of [...byTag].sort(([a], [b]) => a.localeCompare(b))) {
    const heading = element("h2", "", tag);
    heading.id = `section-${tag}`;
    const link = element("a", "", tag);
    link.href = `#section-${tag}`;
    document.getElementById("sections").append(link);
    main.append(heading, ...made);
  }
}

fetch("/api/openapi.json")
  .then((answer) => answer.json())
  .then(draw)
  .catch(() => {
    document.getElementById("operations").textContent = "The document could not be read. Reload the page to try again.";
  });
