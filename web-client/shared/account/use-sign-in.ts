import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { api, take } from "@shared/api/client";
import type { Proof, SecondFactor, Session } from "@shared/api/types";
import { askPasskey, passkeysWork } from "./passkey";
import { isAttemptOver, secondFactorOf } from "./proof";

/** Why the password is asked for again. */
export type Restart = "attempt_over" | undefined;

export interface SignInFlow {
  /** The second step, once the password was right and the account has a second factor. */
  readonly second: SecondFactor | undefined;
  readonly restart: Restart;
  /** Why the present step failed; null while it has not. */
  readonly error: Error | null;
  readonly busy: boolean;
  readonly password: (email: string, password: string) => void;
  /** With the secret of a letter's link, which stands for the password. */
  readonly link: (secret: string) => void;
  readonly prove: (proof: Proof) => void;
  /** Asks for a passkey: in place of the password, or after it. Undefined where the browser has none. */
  readonly passkey: (() => void) | undefined;
  /** Back to the password. */
  readonly back: () => void;
}

/** Signs in with a passkey alone, which stands for both factors. */
async function byPasskey(): Promise<Session> {
  const credential = await askPasskey(await take(api.POST("/api/v1/sessions/passkey/options")));
  return take(api.POST("/api/v1/sessions/passkey", { body: { credential } }));
}

/** The passkey of whoever gave the right password. */
async function passkeyOf(attempt: string): Promise<Proof> {
  const options = await take(api.POST("/api/v1/sessions/second-factor/passkey", { body: { attempt } }));
  return { method: "passkey", credential: await askPasskey(options) };
}

/** Both steps of signing in; `onSignedIn` gets the session. */
export function useSignIn(onSignedIn: (session: Session) => void): SignInFlow {
  const [second, setSecond] = useState<SecondFactor>();
  const [restart, setRestart] = useState<Restart>();
  const first = useMutation({
    mutationFn: (body: { email: string; password: string } | { secret: string }): Promise<Session> =>
      "secret" in body ? take(api.POST("/api/v1/sessions/link", { body })) : take(api.POST("/api/v1/sessions", { body })),
    onMutate: () => setRestart(undefined),
    onSuccess: onSignedIn,
    onError: (error) => setSecond(secondFactorOf(error)),
  });
  const alone = useMutation({ mutationFn: byPasskey, onMutate: () => first.reset(), onSuccess: onSignedIn });
  const attempt = second?.attempt ?? "";
  const then = useMutation({
    mutationFn: async (given: Proof | "passkey"): Promise<Session> => {
      const proof = given === "passkey" ? await passkeyOf(attempt) : given;
      return take(api.POST("/api/v1/sessions/second-factor", { body: { attempt, proof } }));
    },
    onSuccess: onSignedIn,
    onError: (error) => {
      if (!isAttemptOver(error)) return;
      setRestart("attempt_over");
      leave();
    },
  });
  const leave = (): void => {
    setSecond(undefined);
    first.reset();
    then.reset();
  };
  return {
    second,
    restart,
    error: second === undefined ? (first.error ?? alone.error) : then.error,
    busy: first.isPending || then.isPending || alone.isPending,
    password: (email, password) => {
      alone.reset();
      first.mutate({ email, password });
    },
    link: (secret) => {
      alone.reset();
      first.mutate({ secret });
    },
    prove: (proof) => then.mutate(proof),
    passkey: passkeysWork() && (second === undefined || second.methods.includes("passkey")) ? () => (second === undefined ? alone.mutate() : then.mutate("passkey")) : undefined,
    back: () => {
      setRestart(undefined);
      leave();
    },
  };
}
