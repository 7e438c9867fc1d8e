import { useState } from "react";
import type { Proof } from "@shared/api/types";
import { type ProofMethod, proofOf } from "./proof";

interface MethodWords {
  readonly label: string;
  readonly hint: string;
  readonly missing: string;
  /** Leads from this method to the other. */
  readonly other: string;
}

/** The question for each method, in both apps the same. */
export const PROOF_WORDS: Readonly<Record<ProofMethod, MethodWords>> = {
  totp: {
    label: "Code from your app",
    hint: "Six numbers. They change every 30 seconds.",
    missing: "Type all six numbers that the app on your phone shows now.",
    other: "Use a recovery code instead",
  },
  recovery_code: {
    label: "Recovery code",
    hint: "One of the codes you kept. Capital letters and dashes do not matter.",
    missing: "A recovery code has 24 letters and numbers. Each works once.",
    other: "Use the code from my app instead",
  },
};

/** Whether any of these methods is typed. */
export const isTyped = (methods: readonly string[]): boolean => methods.some((method) => method in PROOF_WORDS);

export interface ProofEntry {
  readonly method: ProofMethod;
  readonly typed: string;
  readonly type: (text: string) => void;
  /** Why what was typed cannot be sent; undefined while it can. */
  readonly missing: string | undefined;
  /** To the other method; undefined when there is none. */
  readonly swap: (() => void) | undefined;
  /** Sends what was typed, or says what is missing; answers whether it was sent. */
  readonly submit: () => boolean;
}

/** What is typed to prove who one is: a code of the app or a recovery code. */
export function useProofEntry(methods: readonly string[], onProof: (proof: Proof) => void): ProofEntry {
  const [method, setMethod] = useState<ProofMethod>(methods.includes("totp") ? "totp" : "recovery_code");
  const [typed, setTyped] = useState("");
  const [missing, setMissing] = useState<string>();
  const other: ProofMethod = method === "totp" ? "recovery_code" : "totp";
  return {
    method,
    typed,
    type: (text) => {
      setTyped(text);
      setMissing(undefined);
    },
    missing,
    swap: methods.includes(other)
      ? () => {
          setMethod(other);
          setTyped("");
          setMissing(undefined);
        }
      : undefined,
    submit: () => {
      const proof = proofOf(method, typed);
      setMissing(proof === undefined ? PROOF_WORDS[method].missing : undefined);
      if (proof !== undefined) onProof(proof);
      return proof !== undefined;
    },
  };
}
