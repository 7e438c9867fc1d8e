import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { createContext, useContext } from "react";
import { api, take } from "@shared/api/client";
import { keys } from "@shared/api/queries";
import type { Proof, Session } from "@shared/api/types";
import { askPasskey, passkeysWork } from "./passkey";
import { factorsQuery } from "./queries";
import type { StepUpGate, StepUpQuestion } from "./step-up";
import type { Proven } from "./use-enrolment";

const Gate = createContext<StepUpGate | undefined>(undefined);

/** Gives the screens below it the gate that asks; whoever provides it also draws its question. */
export const StepUpProvider = Gate.Provider;

/** Runs calls that the server may want a fresh proof for. */
export function useProven(): Proven {
  const gate = useContext(Gate);
  if (gate === undefined) throw new Error("useProven is used outside StepUpProvider");
  return gate.run;
}

async function ownPasskey(): Promise<Proof> {
  return { method: "passkey", credential: await askPasskey(await take(api.POST("/api/v1/session/step-up/passkey"))) };
}

/** What answers the question: the second factor of whoever has one, the password of whoever has none. */
export function useStepUp(question: StepUpQuestion) {
  const client = useQueryClient();
  const factors = useQuery(factorsQuery());
  const prove = useMutation({
    mutationFn: async (given: { proof: Proof } | { password: string } | "passkey"): Promise<Session> => {
      const body = given === "passkey" ? { proof: await ownPasskey() } : given;
      return take(api.POST("/api/v1/session/step-up", { body }));
    },
    onSuccess: (session) => {
      client.setQueryData(keys.session, session);
      question.proved();
    },
  });
  const items = factors.data?.items;
  const methods = [...new Set(items?.map(({ kind }) => kind))].concat((factors.data?.recovery_codes_left ?? 0) > 0 ? ["recovery_code"] : []);
  return {
    /** Undefined until it is known. */
    asks: items === undefined ? undefined : items.length > 0 ? ("code" as const) : ("password" as const),
    methods,
    /** Why it cannot be known. */
    unread: factors.isError ? factors.error : null,
    error: prove.error,
    busy: prove.isPending,
    /** Undefined for whoever has none, or none this browser can ask for. */
    passkey: methods.includes("passkey") && passkeysWork() ? () => prove.mutate("passkey") : undefined,
    code: (proof: Proof) => prove.mutate({ proof }),
    password: (password: string) => prove.mutate({ password }),
  };
}
