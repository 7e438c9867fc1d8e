import type { ReactNode } from "react";
import { Link } from "wouter";
import { Screen } from "../../ui/screen";

/** A link without its secret: opened before, or cut by a mail program. */
export function LinkOver(): ReactNode {
  return (
    <Screen
      title="Please open the link once more"
      lead="The address is not whole. Open the link in the letter again, or ask for a new one."
      actions={
        <Link className="button button-main" href="/forgot">
          <span>Ask for a new link</span>
        </Link>
      }
    />
  );
}
