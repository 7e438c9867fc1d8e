import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, take } from "@shared/api/client";
import type { Enrolled, Session, TotpSetup } from "@shared/api/types";
import { deviceWords } from "./device";
import { makePasskey, passkeysWork } from "./passkey";
import { factorsQuery } from "./queries";

/** Runs a call, proving again who is signed in if the server asks for it. */
export type Proven = <T>(call: () => Promise<T>) => Promise<T>;

/** Where the set-up of an authenticator app stands. */
export type EnrolmentStep =
  | { readonly at: "begin" }
  | { readonly at: "scan" | "prove"; readonly setup: TotpSetup }
  | { readonly at: "codes"; readonly codes: readonly string[]; readonly session: Session | undefined };

export interface Enrolment {
  readonly step: EnrolmentStep;
  readonly error: Error | null;
  readonly busy: boolean;
  readonly begin: () => void;
  /** In place of an app: the lock of this device, or a security key. Undefined where the browser has none. */
  readonly passkey: (() => void) | undefined;
  /** From the picture to the proof, or back. */
  readonly show: (at: "scan" | "prove") => void;
  readonly confirm: (code: string) => void;
}

/**
 * Sets an authenticator app up: begin, scan, prove by one code, keep the recovery codes; or adds a
 * passkey in one step. Without
 * recovery codes to keep, which come with the first factor only, `onDone` follows the proof;
 * otherwise the screen calls it once they are kept.
 */
export function useEnrolment(label: string, proven: Proven, onDone: (session: Session | undefined) => void): Enrolment {
  const client = useQueryClient();
  const [step, setStep] = useState<EnrolmentStep>({ at: "begin" });
  const setup = "setup" in step ? step.setup : undefined;
  const begin = useMutation({
    mutationFn: () => proven(() => take(api.POST("/api/v1/factors/totp", { body: { label } }))),
    onSuccess: (made) => setStep({ at: "scan", setup: made }),
  });
  const confirm = useMutation({
    mutationFn: (code: string): Promise<Enrolled> =>
      take(api.POST("/api/v1/factors/{id}/confirm", { params: { path: { id: setup?.id ?? "" } }, body: { code } })),
    onSuccess: (enrolled) => added(enrolled),
  });
  const passkey = useMutation({
    mutationFn: async (): Promise<Enrolled> => {
      const options = await proven(() => take(api.POST("/api/v1/factors/passkeys/options")));
      const credential = await makePasskey(options);
      const name = deviceWords(navigator.userAgent).name;
      return take(api.POST("/api/v1/factors/passkeys", { body: { label: `Passkey, ${name}`, credential } }));
    },
    onSuccess: (enrolled) => added(enrolled),
  });
  const added = async ({ recovery_codes: codes, session }: Enrolled): Promise<void> => {
    await client.invalidateQueries({ queryKey: factorsQuery().queryKey });
    if (codes === undefined) onDone(session);
    else setStep({ at: "codes", codes, session });
  };
  return {
    step,
    error: step.at === "begin" ? (passkey.error ?? begin.error) : confirm.error,
    busy: begin.isPending || confirm.isPending || passkey.isPending,
    begin: () => {
      passkey.reset();
      begin.mutate();
    },
    passkey: passkeysWork()
      ? () => {
          begin.reset();
          passkey.mutate();
        }
      : undefined,
    show: (at) => {
      confirm.reset();
      if (setup !== undefined) setStep({ at, setup });
    },
    confirm: (code) => confirm.mutate(code),
  };
}
