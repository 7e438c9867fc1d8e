import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { api, take } from "@shared/api/client";
import type { Proof, SecondFactor, Session } from "@shared/api/types";
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
  readonly prove: (proof: Proof) => void;
  /** Back to the password. */
  readonly back: () => void;
}

/** Both steps of signing in; `onSignedIn` gets the session. */
export function useSignIn(onSignedIn: (session: Session) => void): SignInFlow {
  const [second, setSecond] = useState<SecondFactor>();
  const [restart, setRestart] = useState<Restart>();
  const first = useMutation({
    mutationFn: (body: { email: string; password: string }): Promise<Session> => take(api.POST("/api/v1/sessions", { body })),
    onMutate: () => setRestart(undefined),
    onSuccess: onSignedIn,
    onError: (error) => setSecond(secondFactorOf(error)),
  });
  const then = useMutation({
    mutationFn: (proof: Proof): Promise<Session> =>
      take(api.POST("/api/v1/sessions/second-factor", { body: { attempt: second?.attempt ?? "", proof } })),
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
    error: second === undefined ? first.error : then.error,
    busy: first.isPending || then.isPending,
    password: (email, password) => first.mutate({ email, password }),
    prove: (proof) => then.mutate(proof),
    back: () => {
      setRestart(undefined);
      leave();
    },
  };
}
