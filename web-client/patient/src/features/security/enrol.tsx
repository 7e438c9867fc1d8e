import { Check, Copy, Fingerprint, Smartphone } from "lucide-react";
import { type FormEvent, type ReactNode, useRef, useState } from "react";
import { proofOf } from "@shared/account/proof";
import { grouped } from "@shared/account/qr";
import { PROOF_WORDS } from "@shared/account/use-proof-entry";
import { type Enrolment, type Proven, useEnrolment } from "@shared/account/use-enrolment";
import type { Session, TotpSetup } from "@shared/api/types";
import { Button } from "../../ui/button";
import { CodeField } from "../../ui/field";
import { Notice } from "../../ui/notice";
import { Screen } from "../../ui/screen";
import { TroubleNotice } from "../../ui/trouble";
import { KeepCodes } from "./keep-codes";
import { QrCode } from "./qr-code";
import "./security.css";

interface Props {
  email: string;
  /** The clinic asks for it: there is no way around, only the way out. */
  forced: boolean;
  proven: Proven;
  onDone: (session: Session | undefined) => void;
  onCancel: () => void;
}

/** Setting up the app on the phone that shows codes: one question a screen. */
export function Enrol({ email, forced, proven, onDone, onCancel }: Props): ReactNode {
  const enrolment = useEnrolment("App on my phone", proven, onDone);
  const { step } = enrolment;
  switch (step.at) {
    case "begin":
      return <Begin enrolment={enrolment} forced={forced} onCancel={onCancel} />;
    case "scan":
      return <Scan setup={step.setup} onNext={() => enrolment.show("prove")} onCancel={onCancel} />;
    case "prove":
      return <Prove enrolment={enrolment} />;
    case "codes":
      return <KeepCodes codes={step.codes} email={email} step={{ at: 3, of: 3, name: "Your recovery codes" }} onKept={() => onDone(step.session)} />;
  }
}

function Begin({ enrolment, forced, onCancel }: { enrolment: Enrolment; forced: boolean; onCancel: () => void }): ReactNode {
  return (
    <Screen
      title={forced ? "One more step to keep your account safe" : "Add a code from your phone"}
      lead="After your password, you will type six numbers that only your phone shows. So nobody can sign in with your password alone."
      actions={
        <>
          <Button busy={enrolment.busy} onClick={enrolment.begin}>
            Continue
          </Button>
          <Button kind="second" onClick={onCancel}>
            {forced ? "Sign out" : "Not now"}
          </Button>
        </>
      }
    >
      {enrolment.error !== null && <TroubleNotice error={enrolment.error} />}
      {enrolment.passkey !== undefined && (
        <div>
          <p>Do you unlock this device with your finger, your face or a PIN? Then you need no app:</p>
          <Button kind="quiet" className="button-inline" icon={<Fingerprint aria-hidden="true" size={22} />} onClick={enrolment.passkey}>
            Use the lock of this device
          </Button>
        </div>
      )}
      <ul className="list">
        <li>
          <Smartphone aria-hidden="true" size={22} />
          <span>
            You need an app that shows codes. If you have none, open the app store on your phone and install “Google Authenticator”, “Microsoft
            Authenticator” or another one your family uses. They cost nothing.
          </span>
        </li>
        <li>
          <Check aria-hidden="true" size={22} />
          <span>It takes about three minutes. Somebody may help you.</span>
        </li>
      </ul>
    </Screen>
  );
}

function Scan({ setup, onNext, onCancel }: { setup: TotpSetup; onNext: () => void; onCancel: () => void }): ReactNode {
  return (
    <Screen
      title="Show this picture to your app"
      step={{ at: 1, of: 3, name: "Connect the app" }}
      lead="In the app, press “+” or “Add account”, choose “Scan a QR code”, and point your phone at this picture."
      actions={
        <>
          <Button onClick={onNext}>Continue</Button>
          <Button kind="second" onClick={onCancel}>
            Stop
          </Button>
        </>
      }
    >
      <QrCode text={setup.uri} label="QR code for your authenticator app" />
      <p>
        Are you reading this on that phone?{" "}
        <a className="inline-target" href={setup.uri}>
          Open the app here
        </a>
      </p>
      <TypedKey secret={setup.secret} />
    </Screen>
  );
}

/** For whoever cannot scan. */
function TypedKey({ secret }: { secret: string }): ReactNode {
  const [copied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(secret).then(
      () => setCopied(true),
      // Without the permission the key stands there to be selected.
      () => setCopied(false),
    );
  };
  return (
    <details className="more">
      <summary>Scanning does not work</summary>
      <p>In the app, choose “Enter a setup key”. Type any name and this key. Small and capital letters are alike.</p>
      <p className="key">{grouped(secret)}</p>
      <Button kind="quiet" className="button-inline" icon={<Copy aria-hidden="true" size={20} />} onClick={() => void copy()}>
        Copy the key
      </Button>
      <span role="status">{copied && "Copied."}</span>
    </details>
  );
}

function Prove({ enrolment }: { enrolment: Enrolment }): ReactNode {
  const form = useRef<HTMLFormElement>(null);
  const [typed, setTyped] = useState("");
  const [missing, setMissing] = useState(false);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (enrolment.busy) return;
    const proof = proofOf("totp", typed);
    setMissing(proof === undefined);
    if (proof !== undefined) enrolment.confirm(proof.code);
    else form.current?.querySelector<HTMLInputElement>("[name=code]")?.focus();
  };
  return (
    <form ref={form} className="form-screen" onSubmit={submit} noValidate>
      <Screen
        title="Which code does the app show now?"
        step={{ at: 2, of: 3, name: "Try it once" }}
        lead="The app now has a line “Bedside” with six numbers. Type them here."
        actions={
          <>
            <Button type="submit" busy={enrolment.busy}>
              Continue
            </Button>
            <Button kind="second" onClick={() => enrolment.show("scan")}>
              Back to the picture
            </Button>
          </>
        }
      >
        {enrolment.error !== null && <TroubleNotice error={enrolment.error} />}
        <CodeField
          label={PROOF_WORDS.totp.label}
          hint={PROOF_WORDS.totp.hint}
          error={missing ? PROOF_WORDS.totp.missing : undefined}
          value={typed}
          onChange={(text) => {
            setTyped(text);
            setMissing(false);
          }}
        />
        {enrolment.error !== null && (
          <Notice tone="info" title="It keeps failing?">
            The clock of your phone may be wrong. In the phone’s settings, let it set the time by itself.
          </Notice>
        )}
      </Screen>
    </form>
  );
}
