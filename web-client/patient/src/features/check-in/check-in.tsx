import { useMutation, useQueryClient } from "@tanstack/react-query";
import { CircleAlert, CircleCheck, CircleMinus } from "lucide-react";
import type { ReactNode } from "react";
import { api, take } from "@shared/api/client";
import { codeOf } from "@shared/api/error";
import { keys } from "@shared/api/queries";
import type { DeviceCheck, DeviceResult, Visit } from "@shared/api/types";
import { chime } from "../../lib/chime";
import { sentence, timeOfDay } from "../../lib/format";
import { Button } from "../../ui/button";
import { Notice } from "../../ui/notice";
import { Screen } from "../../ui/screen";
import { TroubleNotice } from "../../ui/trouble";
import "./check-in.css";

interface Props {
  visit: Visit;
  report: DeviceCheck;
  step: { at: number; of: number };
  onCheckAgain: () => void;
}

/** Refusals that only mean that this page is behind: reading again shows the right screen. */
const BEHIND = new Set(["illegal_transition", "consent_required"]);

async function arrive(visit: Visit, device_check: DeviceCheck): Promise<Visit> {
  const path = { id: visit.id };
  // The front desk may have checked the person in already; then only the set-up is left to report.
  if (visit.state === "scheduled") await take(api.POST("/api/v1/visits/{id}/check-in", { params: { path }, body: {} }));
  return take(api.POST("/api/v1/visits/{id}/ready", { params: { path }, body: { device_check } }));
}

/** The last step: "Check in". */
export function CheckIn({ visit, report, step, onCheckAgain }: Props): ReactNode {
  const client = useQueryClient();
  const checkIn = useMutation({
    mutationFn: () => arrive(visit, report),
    onSuccess: (arrived) => client.setQueryData(keys.visit(visit.id), arrived),
    onSettled: () => client.invalidateQueries({ queryKey: keys.visits }),
  });
  const open = visit.state === "checked_in" || visit.actions.includes("check_in");
  const allGood = Object.values(report).every((result) => result === "ok");
  const press = (): void => {
    // The tap lets the bell ring later, when the clinician is ready.
    chime.unlock();
    checkIn.mutate();
  };
  return (
    <Screen
      title={allGood ? "Everything is ready" : "Ready to check in?"}
      step={{ ...step, name: "Check in" }}
      lead={`Checking in tells ${visit.clinician.display_name} that you are here.`}
      actions={
        <>
          {!open && <p className="actions-why">{sentence(`Check-in opens at ${timeOfDay(visit.window_opens_at)}`)} This page notices by itself.</p>}
          <Button disabled={!open} busy={checkIn.isPending} onClick={press}>
            Check in
          </Button>
          <Button kind="quiet" onClick={onCheckAgain}>
            Check camera and sound again
          </Button>
        </>
      }
    >
      <ul className="check-in-report">
        <Result name="Camera" result={report.camera} />
        <Result name="Microphone" result={report.microphone} />
        <Result name="Connection" result={report.network} />
      </ul>
      {!allGood && (
        <Notice tone="waiting" title="Something is not working yet">
          You can check in all the same. Your clinician sees this and knows what to expect.
        </Notice>
      )}
      {checkIn.isError && !BEHIND.has(codeOf(checkIn.error)) && <TroubleNotice error={checkIn.error} />}
    </Screen>
  );
}

const WORDS: Readonly<Record<DeviceResult, readonly [typeof CircleCheck, string]>> = {
  ok: [CircleCheck, "works"],
  failed: [CircleAlert, "does not work yet"],
  skipped: [CircleMinus, "not checked"],
};

function Result({ name, result }: { name: string; result: DeviceResult }): ReactNode {
  const [Icon, word] = WORDS[result];
  return (
    <li data-result={result}>
      <Icon aria-hidden="true" size={24} />
      <span>{name}</span>
      <span className="soft">{word}</span>
    </li>
  );
}
