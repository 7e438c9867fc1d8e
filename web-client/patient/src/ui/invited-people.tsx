import { useQuery } from "@tanstack/react-query";
import { Users } from "lucide-react";
import type { ReactNode } from "react";
import { PART_WORDS, peopleQuery } from "@shared/api/people";

/** Who else is invited to the visit; nothing when nobody is. */
export function InvitedPeople({ visitId }: { visitId: string }): ReactNode {
  const people = useQuery(peopleQuery(visitId));
  const invited = people.data?.items.filter((person) => person.invitation !== null) ?? [];
  if (invited.length === 0) return null;
  return (
    <section className="section" aria-labelledby="invited-people">
      <h2 id="invited-people">Also invited to your visit</h2>
      <ul className="list">
        {invited.map((person) => (
          <li key={person.invitation?.id}>
            <Users aria-hidden="true" size={22} />
            <span>
              {person.display_name} <span className="soft">({PART_WORDS[person.part]})</span>
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
