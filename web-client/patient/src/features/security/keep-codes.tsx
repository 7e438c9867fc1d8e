import { Copy, Download, Printer } from "lucide-react";
import { type FormEvent, type ReactNode, useRef, useState } from "react";
import { recoveryFile } from "@shared/account/words";
import { saveFile } from "@shared/lib/save-file";
import { Button } from "../../ui/button";
import { Screen } from "../../ui/screen";

interface Props {
  codes: readonly string[];
  email: string;
  step?: { at: number; of: number; name: string };
  onKept: () => void;
}

/** Recovery codes, this once: printed, saved or copied, and said to be kept. */
export function KeepCodes({ codes, email, step, onKept }: Props): ReactNode {
  const box = useRef<HTMLInputElement>(null);
  const [unticked, setUnticked] = useState(false);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const ticked = box.current?.checked === true;
    setUnticked(!ticked);
    if (ticked) onKept();
    else box.current?.focus();
  };
  return (
    <form className="form-screen" onSubmit={submit} noValidate>
      <Screen
        title="Keep these codes for the day your phone is lost"
        step={step}
        lead="Each code lets you in once without your phone. We show them only now, and nobody at the clinic can see them."
        actions={<Button type="submit">Continue</Button>}
      >
        <section className="codes-sheet" aria-label="Recovery codes">
          <p className="print-only">Bedside recovery codes for {email}</p>
          <ol className="codes">
            {codes.map((code) => (
              <li key={code}>{code}</li>
            ))}
          </ol>
        </section>
        <Ways codes={codes} email={email} />
        {unticked && (
          <p className="field-error" id="kept-missing" role="alert">
            Please print, save or write down the codes first, then tick the box.
          </p>
        )}
        <label className="choice">
          <input
            ref={box}
            type="checkbox"
            aria-invalid={unticked}
            aria-describedby={unticked ? "kept-missing" : undefined}
            onChange={() => setUnticked(false)}
          />
          <span>I have kept these codes where only I find them.</span>
        </label>
      </Screen>
    </form>
  );
}

function Ways({ codes, email }: { codes: readonly string[]; email: string }): ReactNode {
  const [said, setSaid] = useState("");
  const text = (): string => recoveryFile(codes, email, new Date().toLocaleDateString());
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(text()).then(
      () => setSaid("Copied. Paste them somewhere safe now."),
      () => setSaid("Copying was not allowed. Print them or save the file."),
    );
  };
  const save = (): void => {
    saveFile("bedside-recovery-codes.txt", "text/plain", text());
    setSaid("Saved as a file in your downloads.");
  };
  return (
    <div className="codes-ways">
      <Button kind="second" icon={<Printer aria-hidden="true" size={20} />} onClick={() => window.print()}>
        Print
      </Button>
      <Button kind="second" icon={<Download aria-hidden="true" size={20} />} onClick={save}>
        Save as a file
      </Button>
      <Button kind="second" icon={<Copy aria-hidden="true" size={20} />} onClick={() => void copy()}>
        Copy
      </Button>
      <p role="status">{said}</p>
    </div>
  );
}
