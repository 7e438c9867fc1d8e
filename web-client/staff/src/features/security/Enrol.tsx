import { Button, Code, CopyButton, Group, Stack, Text } from "@mantine/core";
import { Fingerprint } from "lucide-react";
import { type FormEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { proofOf } from "@shared/account/proof";
import { grouped, qrOf } from "@shared/account/qr";
import { type Enrolment, type Proven, useEnrolment } from "@shared/account/use-enrolment";
import { PROOF_WORDS } from "@shared/account/use-proof-entry";
import type { Session, TotpSetup } from "@shared/api/types";
import { CodeInput } from "../../ui/ProofFields";
import { Refused } from "../../ui/Refused";
import { KeepCodes } from "./KeepCodes";
import styles from "./Security.module.css";

interface Props {
  readonly email: string;
  readonly proven: Proven;
  readonly onDone: (session: Session | undefined) => void;
  /** The way out, such as "Cancel" or "Sign out". */
  readonly leave: ReactNode;
}

/** Sets an authenticator app up in three steps: scan, prove, keep the recovery codes. */
export function Enrol({ email, proven, onDone, leave }: Props) {
  const enrolment = useEnrolment("Authenticator app", proven, onDone);
  const { step } = enrolment;
  switch (step.at) {
    case "begin":
      return (
        <Stack gap="md">
          <Text>
            After your password you will type six digits that only your phone shows. You need an authenticator app on it: Google Authenticator,
            Microsoft Authenticator, or any other.
          </Text>
          <Refused error={enrolment.error} />
          <Group>
            <Button loading={enrolment.busy} onClick={enrolment.begin}>
              Continue
            </Button>
            {leave}
          </Group>
          {enrolment.passkey === undefined ? null : (
            <div>
              <Text>Or use a security key, or the lock of this computer:</Text>
              <Button variant="subtle" leftSection={<Fingerprint size={18} aria-hidden />} onClick={enrolment.passkey}>
                Use a passkey or security key
              </Button>
            </div>
          )}
        </Stack>
      );
    case "scan":
      return <Scan setup={step.setup} onNext={() => enrolment.show("prove")} leave={leave} />;
    case "prove":
      return <Prove enrolment={enrolment} />;
    case "codes":
      return (
        <>
          <StepLine at={3} name="Keep your recovery codes" />
          <KeepCodes codes={step.codes} email={email} onKept={() => onDone(step.session)} />
        </>
      );
  }
}

function StepLine({ at, name }: { readonly at: number; readonly name: string }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <h2 ref={heading} tabIndex={-1} className={styles["step"]}>
      Step {at} of 3 · {name}
    </h2>
  );
}

function Scan({ setup, onNext, leave }: { readonly setup: TotpSetup; readonly onNext: () => void; readonly leave: ReactNode }) {
  const { size, path } = qrOf(setup.uri);
  return (
    <Stack gap="md">
      <StepLine at={1} name="Scan with your app" />
      <svg className={styles["qr"]} viewBox={`0 0 ${size} ${size}`} role="img" aria-label="QR code for your authenticator app" shapeRendering="crispEdges">
        <rect width={size} height={size} fill="#fff" />
        <path d={path} fill="#000" />
      </svg>
      <div>
        <Text>If you cannot scan, enter this key in the app:</Text>
        <Group gap="xs" mt={4}>
          <Code className={styles["key"]}>{grouped(setup.secret)}</Code>
          <CopyButton value={setup.secret}>
            {({ copied, copy }) => (
              <Button variant="subtle" size="compact-sm" onClick={copy}>
                {copied ? "Copied" : "Copy key"}
              </Button>
            )}
          </CopyButton>
        </Group>
      </div>
      <Group>
        <Button onClick={onNext}>Continue</Button>
        {leave}
      </Group>
    </Stack>
  );
}

function Prove({ enrolment }: { readonly enrolment: Enrolment }) {
  const [typed, setTyped] = useState("");
  const [missing, setMissing] = useState(false);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const proof = proofOf("totp", typed);
    setMissing(proof === undefined);
    if (proof !== undefined && !enrolment.busy) enrolment.confirm(proof.code);
  };
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        <StepLine at={2} name="Try it once" />
        <CodeInput
          value={typed}
          error={missing ? PROOF_WORDS.totp.missing : undefined}
          onChange={(text) => {
            setTyped(text);
            setMissing(false);
          }}
        />
        <Refused error={enrolment.error} />
        {enrolment.error === null ? null : <Text size="sm">If it keeps failing, let the phone set its time by itself.</Text>}
        <Group>
          <Button type="submit" loading={enrolment.busy}>
            Continue
          </Button>
          <Button variant="default" onClick={() => enrolment.show("scan")}>
            Back
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
