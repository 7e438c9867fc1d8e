import { ChevronRight, Eye, ShieldCheck, Users } from "lucide-react";
import type { ReactNode } from "react";
import { Link } from "wouter";
import type { Account } from "@shared/api/types";
import { Screen } from "../../ui/screen";

const PLACES = [
  { href: "/account/security", icon: ShieldCheck, name: "Sign-in and safety", about: "Your password, a code from your phone, where you are signed in", own: false },
  { href: "/account/record", icon: Eye, name: "Who looked at my record", about: "Everybody who opened your health data, and when", own: true },
  { href: "/account/family", icon: Users, name: "Family access", about: "Let somebody you trust see or arrange your visits", own: true },
] as const;

/** What a patient can look up and set for themselves. */
export function AccountMenu({ account }: { account: Account }): ReactNode {
  return (
    <Screen title="Your account" lead={`${account.display_name}, ${account.email}`} back={{ href: "/", label: "Your visits" }}>
      <ul className="rows">
        {PLACES.filter(({ own }) => !own || account.patient_id !== null).map(({ href, icon: Icon, name, about }) => (
          <li key={href}>
            <Link className="row-link" href={href}>
              <Icon aria-hidden="true" size={26} />
              <span>
                <span className="row-name">{name}</span>
                <span className="soft">{about}</span>
              </span>
              <ChevronRight aria-hidden="true" size={22} />
            </Link>
          </li>
        ))}
      </ul>
    </Screen>
  );
}
