import { Button, TextInput } from "@mantine/core";
import { PROOF_WORDS, type ProofEntry } from "@shared/account/use-proof-entry";

/** Six digits: number keys on phones, filled in by browsers that know the code, pasting allowed. */
export function CodeInput(props: {
  readonly value: string;
  readonly onChange: (text: string) => void;
  readonly error: string | undefined;
}) {
  const { label, hint } = PROOF_WORDS.totp;
  return (
    <TextInput
      label={label}
      description={hint}
      inputMode="numeric"
      autoComplete="one-time-code"
      maxLength={16}
      data-autofocus
      value={props.value}
      onChange={(event) => props.onChange(event.currentTarget.value)}
      error={props.error}
    />
  );
}

/** The code of the app or a recovery code, and the way from one to the other. */
export function ProofFields({ entry }: { readonly entry: ProofEntry }) {
  const { method, typed, type, missing, swap } = entry;
  const words = PROOF_WORDS[method];
  return (
    <>
      {method === "totp" ? (
        <CodeInput key="totp" value={typed} onChange={type} error={missing} />
      ) : (
        <TextInput
          key="recovery"
          label={words.label}
          description={words.hint}
          autoComplete="off"
          spellCheck={false}
          maxLength={64}
          value={typed}
          onChange={(event) => type(event.currentTarget.value)}
          error={missing}
        />
      )}
      {swap === undefined ? null : (
        <div>
          <Button variant="subtle" size="compact-sm" onClick={swap}>
            {words.other}
          </Button>
        </div>
      )}
    </>
  );
}
