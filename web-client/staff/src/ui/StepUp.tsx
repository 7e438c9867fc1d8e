import { Button, Group, Loader, PasswordInput, Stack, Text } from "@mantine/core";
import { Fingerprint } from "lucide-react";
import { type FormEvent, type ReactNode, useState } from "react";
import { StepUpGate, type StepUpQuestion } from "@shared/account/step-up";
import { isTyped, useProofEntry } from "@shared/account/use-proof-entry";
import { StepUpProvider, useStepUp } from "@shared/account/use-step-up";
import { useReadable } from "@shared/lib/use-readable";
import { Dialog } from "./Dialog";
import { ProofFields } from "./ProofFields";
import { Refused } from "./Refused";

/** Lets the screens below ask for a fresh proof of who is signed in, whenever the server wants one. */
export function StepUp({ children }: { readonly children: ReactNode }) {
  const [gate] = useState(() => new StepUpGate());
  const question = useReadable(gate.question);
  return (
    <StepUpProvider value={gate}>
      {children}
      <Dialog opened={question !== undefined} onClose={() => question?.declined()} title="Is it still you?" above>
        {question === undefined ? null : <Question question={question} />}
      </Dialog>
    </StepUpProvider>
  );
}

function Question({ question }: { readonly question: StepUpQuestion }) {
  const { asks, methods, unread, error, busy, passkey, code, password } = useStepUp(question);
  const shared = { error, busy, onCancel: question.declined };
  return (
    <Stack gap="md">
      <Text>This needs a fresh proof that it is you. It counts for five minutes.</Text>
      <Refused error={unread} />
      {asks === undefined && unread === null ? <Loader size="sm" aria-label="Loading" /> : null}
      {passkey === undefined ? null : (
        <Button variant={isTyped(methods) ? "default" : "filled"} leftSection={<Fingerprint size={18} aria-hidden />} onClick={passkey}>
          Use my passkey
        </Button>
      )}
      {asks === "code" && !isTyped(methods) ? <Refused error={error} /> : null}
      {asks === "code" && isTyped(methods) ? <ByCode {...shared} methods={methods} onProof={code} /> : null}
      {asks === "password" ? <ByPassword {...shared} onPassword={password} /> : null}
    </Stack>
  );
}

interface AnswerProps {
  readonly error: Error | null;
  readonly busy: boolean;
  readonly onCancel: () => void;
}

function ByCode(props: AnswerProps & { readonly methods: readonly string[]; readonly onProof: Parameters<typeof useProofEntry>[1] }) {
  const entry = useProofEntry(props.methods, props.onProof);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (!props.busy) entry.submit();
  };
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="sm">
        <ProofFields entry={entry} />
        <Answers {...props} />
      </Stack>
    </form>
  );
}

function ByPassword(props: AnswerProps & { readonly onPassword: (password: string) => void }) {
  const [typed, setTyped] = useState("");
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (typed !== "" && !props.busy) props.onPassword(typed);
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <PasswordInput
          label="Password"
          autoComplete="current-password"
          required
          withAsterisk={false}
          data-autofocus
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          visibilityToggleButtonProps={{ "aria-label": "Show password", size: 28 }}
        />
        <Answers {...props} />
      </Stack>
    </form>
  );
}

function Answers({ error, busy, onCancel }: AnswerProps) {
  return (
    <>
      <Refused error={error} />
      <Group justify="flex-end">
        <Button variant="default" onClick={onCancel}>
          Cancel
        </Button>
        <Button type="submit" loading={busy}>
          Confirm
        </Button>
      </Group>
    </>
  );
}
