import { ArrowLeft } from "lucide-react";
import { type ReactNode, useEffect, useRef } from "react";
import { Link } from "wouter";
import { useTitle } from "../lib/hooks";

interface Props {
  title: string;
  /** Above the title: where this screen is in a sequence. */
  step?: { readonly at: number; readonly of: number; readonly name: string } | undefined;
  /** The way to where this screen belongs. */
  back?: { readonly href: string; readonly label: string } | undefined;
  /** One sentence under the title. */
  lead?: ReactNode;
  children?: ReactNode;
  /** The main action and at most one alternative; on phones within thumb's reach. */
  actions?: ReactNode;
  /** What may be read after the main action: below it on wide screens, above it on phones. */
  after?: ReactNode;
  /** The tab's title, when it should say more than the heading. */
  tabTitle?: string;
}

/** True once a screen was shown: the first one must not steal focus from a fresh page. */
let anyShown = false;

/** One question and one main action. Its heading takes the focus whenever the screen is new. */
export function Screen({ title, step, back, lead, children, actions, after, tabTitle }: Props): ReactNode {
  const heading = useRef<HTMLHeadingElement>(null);
  useTitle(tabTitle ?? title);
  useEffect(() => {
    if (anyShown) {
      heading.current?.focus({ preventScroll: true });
      window.scrollTo(0, 0);
    }
    anyShown = true;
  }, []);
  return (
    <div className="screen">
      <div className="screen-body">
        {back !== undefined && (
          <Link className="back" href={back.href}>
            <ArrowLeft aria-hidden="true" size={20} />
            {back.label}
          </Link>
        )}
        {step !== undefined && <StepLine {...step} />}
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {lead !== undefined && <p className="lead">{lead}</p>}
        {children}
      </div>
      {actions !== undefined && <div className="actions">{actions}</div>}
      {after !== undefined && <div className="screen-after">{after}</div>}
    </div>
  );
}

function StepLine({ at, of, name }: { at: number; of: number; name: string }): ReactNode {
  return (
    <div className="steps">
      <p>
        Step {at} of {of} <span aria-hidden="true">·</span> {name}
      </p>
      <div className="steps-bar" aria-hidden="true">
        {Array.from({ length: of }, (_, index) => (
          <span key={index} data-done={index < at || undefined} />
        ))}
      </div>
    </div>
  );
}
