import { Eye, EyeOff } from "lucide-react";
import { type ReactNode, useState } from "react";
import { PROOF_WORDS, type ProofEntry } from "@shared/account/use-proof-entry";
import { Button } from "./button";

interface InputProps {
  id: string;
  name: string;
  "aria-invalid": boolean;
  "aria-describedby": string | undefined;
}

interface FieldProps {
  name: string;
  label: string;
  /** What is expected, before anything went wrong. */
  hint?: string;
  error: string | undefined;
  children: (input: InputProps) => ReactNode;
}

/** A labelled input; hint and error belong to its description. */
export function Field({ name, label, hint, error, children }: FieldProps): ReactNode {
  const hintId = hint === undefined ? undefined : `${name}-hint`;
  const errorId = error === undefined ? undefined : `${name}-error`;
  const described = [hintId, errorId].filter((id) => id !== undefined).join(" ");
  return (
    <div className="field">
      <label htmlFor={name}>{label}</label>
      {hint !== undefined && (
        <p className="soft" id={hintId}>
          {hint}
        </p>
      )}
      {children({ id: name, name, "aria-invalid": error !== undefined, "aria-describedby": described === "" ? undefined : described })}
      {error !== undefined && (
        <p className="field-error" id={errorId}>
          {error}
        </p>
      )}
    </div>
  );
}

interface PasswordProps {
  error: string | undefined;
  name?: string;
  label?: string;
  hint?: string;
  autoComplete?: "current-password" | "new-password";
}

/** A password that can be looked at while it is typed. */
export function PasswordField({ error, name = "password", label = "Password", hint, autoComplete = "current-password" }: PasswordProps): ReactNode {
  const [shown, setShown] = useState(false);
  const Icon = shown ? EyeOff : Eye;
  return (
    <Field name={name} label={label} hint={hint} error={error}>
      {(props) => (
        <div className="password">
          <input {...props} type={shown ? "text" : "password"} autoComplete={autoComplete} />
          <button type="button" className="password-eye" aria-label={`Show ${label.toLowerCase()}`} aria-pressed={shown} onClick={() => setShown(!shown)}>
            <Icon aria-hidden="true" size={22} />
          </button>
        </div>
      )}
    </Field>
  );
}

/** Six numbers: the number keys on phones, filled in by browsers that know the code, pasting allowed. */
export function CodeField(props: { label: string; hint: string; error: string | undefined; value: string; onChange: (text: string) => void }): ReactNode {
  const { label, hint, error, value, onChange } = props;
  return (
    <Field name="code" label={label} hint={hint} error={error}>
      {(input) => (
        <input
          {...input}
          className="code-input"
          type="text"
          inputMode="numeric"
          autoComplete="one-time-code"
          maxLength={16}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}

/** The code of the app or a recovery code, and the way from one to the other. */
export function ProofField({ entry, error }: { entry: ProofEntry; error: string | undefined }): ReactNode {
  const { method, typed, type, missing, swap } = entry;
  const words = PROOF_WORDS[method];
  const wrong = missing ?? error;
  return (
    <>
      {method === "totp" ? (
        <CodeField key="totp" label={words.label} hint={words.hint} error={wrong} value={typed} onChange={type} />
      ) : (
        <Field key="recovery" name="code" label={words.label} hint={words.hint} error={wrong}>
          {(input) => (
            <input
              {...input}
              type="text"
              autoComplete="off"
              autoCapitalize="none"
              spellCheck={false}
              maxLength={64}
              value={typed}
              onChange={(event) => type(event.target.value)}
            />
          )}
        </Field>
      )}
      {swap !== undefined && (
        <div>
          <Button kind="quiet" className="button-inline" onClick={swap}>
            {words.other}
          </Button>
        </div>
      )}
    </>
  );
}
