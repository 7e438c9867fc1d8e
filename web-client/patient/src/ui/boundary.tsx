import { Component, type ReactNode } from "react";
import { Button } from "./button";
import { Screen } from "./screen";

/** Catches a screen whose code could not be fetched, or a defect in it: a way on instead of an empty page. */
export class Boundary extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true };
  }

  override render(): ReactNode {
    if (!this.state.failed) return this.props.children;
    return (
      <Screen
        title="This page did not open"
        lead="Check your internet connection, then open it again. Nothing you saved is lost."
        actions={<Button onClick={() => location.reload()}>Open again</Button>}
      />
    );
  }
}
