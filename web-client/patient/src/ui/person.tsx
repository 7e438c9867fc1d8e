import type { ReactNode } from "react";

/** Initials of a name without its title: "Dr. Ama Osei" is "AO". */
export function initials(name: string): string {
  const words = name.split(/\s+/).filter((word) => !/^(dr|prof|mr|mrs|ms|mx)\.?$/i.test(word) && word !== "");
  return [words[0], words.length > 1 ? words[words.length - 1] : undefined].map((word) => word?.[0] ?? "").join("").toUpperCase();
}

/** Who this is about. */
export function Person({ name, detail }: { name: string; detail: string }): ReactNode {
  return (
    <div className="person">
      <span className="person-mark" aria-hidden="true">
        {initials(name)}
      </span>
      <div>
        <p className="person-name">{name}</p>
        <p className="soft">{detail}</p>
      </div>
    </div>
  );
}
