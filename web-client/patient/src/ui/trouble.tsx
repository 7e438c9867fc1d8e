import type { ReactNode } from "react";
import { Link } from "wouter";
import { troubleOf } from "../lib/trouble";
import { Button } from "./button";
import { Notice } from "./notice";
import { Screen } from "./screen";

/** A failed action, told beside it. Screen readers hear it at once. */
export function TroubleNotice({ error }: { error: unknown }): ReactNode {
  const { title, text, reference } = troubleOf(error);
  return (
    <div role="alert">
      <Notice tone="urgent" title={title}>
        {text}
        {reference !== null && <span className="reference"> Reference for your clinic: {reference}</span>}
      </Notice>
    </div>
  );
}

/** A screen that could not be read at all. */
export function TroubleScreen({ error, retry, busy }: { error: unknown; retry: () => void; busy: boolean }): ReactNode {
  const { title, text, again, reference } = troubleOf(error);
  return (
    <Screen
      title={title}
      lead={text}
      actions={
        again ? (
          <Button onClick={retry} busy={busy}>
            Try again
          </Button>
        ) : (
          <Link className="button button-main" href="/">
            <span>Back to your visits</span>
          </Link>
        )
      }
    >
      {reference !== null && <p className="soft">Reference for your clinic: {reference}</p>}
    </Screen>
  );
}

/** Shown only when reading takes noticeably long; quick answers pass without a flash. */
export function Loading({ what }: { what: string }): ReactNode {
  return (
    <div className="loading" role="status">
      <span className="spinner" aria-hidden="true" />
      <p>{what}</p>
    </div>
  );
}
