import { Button } from "@mantine/core";
import { TriangleAlert } from "lucide-react";
import { Component, type ReactNode } from "react";
import { Quiet } from "../ui/Quiet";
import styles from "./Splash.module.css";

/** Catches a defect in a screen, so that a person sees a way on instead of an empty page. */
export class ErrorBoundary extends Component<{ readonly children: ReactNode }, { readonly failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true };
  }

  override render(): ReactNode {
    if (!this.state.failed) return this.props.children;
    return (
      <main className={styles["splash"]} role="alert">
        <Quiet
          icon={TriangleAlert}
          title="This page stopped working"
          action={<Button onClick={() => location.reload()}>Reload</Button>}
        >
          Nothing you saved is lost. If you were in a visit, reloading brings you back to it.
        </Quiet>
      </main>
    );
  }
}
