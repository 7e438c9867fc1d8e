import { Modal } from "@mantine/core";
import type { ReactNode } from "react";

interface Props {
  readonly opened: boolean;
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
  /** Wider where it holds a list. */
  readonly size?: "md" | "lg";
  /** It may be asked while another dialog waits for the answer, and lies above it. */
  readonly above?: boolean;
}

/**
 * A question in front of the page. Its title is a heading and not a `<header>`, which assistive
 * technology would take for a second banner; Escape and the dialog's own button close it.
 */
export function Dialog({ opened, title, onClose, children, size = "md", above = false }: Props) {
  return (
    <Modal.Root opened={opened} onClose={onClose} centered size={size} zIndex={above ? 300 : 200}>
      <Modal.Overlay backgroundOpacity={0.5} />
      <Modal.Content radius="md">
        <Modal.Body p="lg">
          <Modal.Title fz="1.125rem" fw={700} mb="sm">
            {title}
          </Modal.Title>
          {children}
        </Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}
