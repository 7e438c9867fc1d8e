import { Fingerprint } from "lucide-react";
import { type FormEvent, type ReactNode, useState } from "react";
import { StepUpGate, type StepUpQuestion } from "@shared/account/step-up";
import { isTyped, useProofEntry } from "@shared/account/use-proof-entry";
import { StepUpProvider, useStepUp } from "@shared/account/use-step-up";
import { codeOf } from "@shared/api/error";
import { useReadable } from "@shared/lib/use-readable";
import { Button } from "./button";
import { Dialog } from "./dialog";
import { PasswordField, ProofField } from "./field";
import { Notice } from "./notice";
import { TroubleNotice } from "./trouble";

/** Lets the screens below ask for a fresh proof of who is signed in, whenever the server wants one. */
export function StepUp({ children }: { children: ReactNode }): ReactNode {
  const [gate] = useState(() => new StepUpGate());
  const question = useReadable(gate.question);
  return (
    <StepUpProvider value={gate}>
      {children}
      {question !== undefined && <Question question={question} />}
    </StepUpProvider>
  );
}

function Question({ question }: { question: StepUpQuestion }): ReactNode {
  const { asks, methods, unread, error, busy, passkey, code, password } = useStepUp(question);
  return (
    <Dialog title="Is it still you?" onClose={question.declined}>
      <p>You are about to change something important. Please show once more that it is you.</p>
      {unread !== null && <TroubleNotice error={unread} />}
      {passkey !== undefined && (
        <Button kind={isTyped(methods) ? "second" : "main"} icon={<Fingerprint aria-hidden="true" size={22} />} onClick={passkey}>
          Use my passkey
        </Button>
      )}
      {asks === "code" && !isTyped(methods) && error !== null && <TroubleNotice error={error} />}
      {asks === "code" && isTyped(methods) && (
        <ByCode key={methods.join(" ")} methods={methods} error={error} busy={busy} onProof={code} onCancel={question.declined} />
      )}
      {asks === "password" && <ByPassword error={error} busy={busy} onPassword={password} onCancel={question.declined} />}
    </Dialog>
  );
}

interface AnswerProps {
  error: Error | null;
  busy: boolean;
  onCancel: () => void;
}

function ByCode({ methods, error, busy, onProof, onCancel }: AnswerProps & { methods: readonly string[]; onProof: Parameters<typeof useProofEntry>[1] }): ReactNode {
  const entry = useProofEntry(methods, onProof);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (!busy) entry.submit();
  };
  return (
    <form className="dialog-body" onSubmit={submit} noValidate>
      {error !== null && <TroubleNotice error={error} />}
      <ProofField entry={entry} error={undefined} />
      <Answers busy={busy} onCancel={onCancel} />
    </form>
  );
}

function ByPassword({ error, busy, onPassword, onCancel }: AnswerProps & { onPassword: (password: string) => void }): ReactNode {
  const [missing, setMissing] = useState(false);
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const typed = String(new FormData(event.currentTarget).get("password"));
    setMissing(typed === "");
    if (typed !== "" && !busy) onPassword(typed);
  };
  const wrong = error !== null && codeOf(error) === "invalid_credentials";
  return (
    <form className="dialog-body" onSubmit={submit} noValidate>
      {error !== null && !wrong && <TroubleNotice error={error} />}
      <div role="alert">
        {wrong && !missing && <Notice tone="urgent" title="That is not your password">Check it and try again.</Notice>}
      </div>
      <PasswordField error={missing ? "Enter your password." : undefined} />
      <Answers busy={busy} onCancel={onCancel} />
    </form>
  );
}

function Answers({ busy, onCancel }: { busy: boolean; onCancel: () => void }): ReactNode {
  return (
    <div className="dialog-actions">
      <Button type="submit" busy={busy}>
        Confirm
      </Button>
      <Button kind="second" onClick={onCancel}>
        Cancel
      </Button>
    </div>
  );
}
