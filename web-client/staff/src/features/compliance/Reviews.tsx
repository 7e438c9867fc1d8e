import { Button, Group, Radio, SegmentedControl, Skeleton, Stack, Textarea } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { ShieldCheck } from "lucide-react";
import { type FormEvent, useState } from "react";
import { api, take } from "@shared/api/client";
import type { EmergencyAccess, ReviewFinding, ReviewState } from "@shared/api/types";
import { precise } from "../../lib/clinicTime";
import { emergencyAccessQuery } from "../../lib/complianceQueries";
import { useNow } from "../../lib/now";
import { useAccount } from "../../lib/session";
import styles from "../../ui/Audit.module.css";
import { ShortId } from "../../ui/AuditCells";
import { Dialog } from "../../ui/Dialog";
import { MorePages } from "../../ui/MorePages";
import { Page } from "../../ui/Page";
import { Failure, Quiet } from "../../ui/Quiet";
import { Refused } from "../../ui/Refused";
import table from "../../ui/Table.module.css";
import { dueWords } from "./reports";

const STATES: readonly { readonly value: ReviewState; readonly label: string }[] = [
  { value: "open", label: "To review" },
  { value: "escalated", label: "Overdue" },
  { value: "justified", label: "Justified" },
  { value: "unjustified", label: "Not justified" },
];

/** Who broke the glass and why, to be judged within 72 hours. */
export function Reviews() {
  const [state, setState] = useState<ReviewState>("open");
  const [judging, setJudging] = useState<EmergencyAccess>();
  const pages = useInfiniteQuery(emergencyAccessQuery(state));
  const items = pages.data?.pages.flatMap((page) => page.items);
  return (
    <Page title="Emergency access" summary="Each was told to the patient. Review it within 72 hours; you cannot review your own.">
      <SegmentedControl aria-label="Which ones" data={[...STATES]} value={state} onChange={(value) => setState(STATES.find((one) => one.value === value)?.value ?? state)} mb="md" />
      {pages.isPending ? <Skeleton height={160} component="section" aria-label="Loading emergency accesses" aria-busy="true" /> : null}
      {pages.isError && items === undefined ? <Failure error={pages.error} what="Emergency accesses" onRetry={() => void pages.refetch()} /> : null}
      {items?.length === 0 ? (
        <Quiet icon={ShieldCheck} title={state === "open" || state === "escalated" ? "Nothing waits for a review" : "None yet"}>
          When somebody opens a record in an emergency, it appears here at once.
        </Quiet>
      ) : null}
      {items !== undefined && items.length > 0 ? (
        <>
          <AccessTable items={items} onReview={setJudging} />
          <MorePages pages={pages} shown={items.length} />
        </>
      ) : null}
      <Dialog opened={judging !== undefined} onClose={() => setJudging(undefined)} title="Review this emergency access">
        {judging === undefined ? null : <Judge access={judging} onClose={() => setJudging(undefined)} />}
      </Dialog>
    </Page>
  );
}

function AccessTable({ items, onReview }: { readonly items: readonly EmergencyAccess[]; readonly onReview: (access: EmergencyAccess) => void }) {
  const zone = useAccount().clinic.time_zone;
  const now = useNow();
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolling region must be reachable by keyboard
    <section className={table["scroll"]} tabIndex={0} aria-label="Emergency accesses">
      <table className={table["table"]}>
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">Who</th>
            <th scope="col">Patient</th>
            <th scope="col">Reason given</th>
            <th scope="col">Review</th>
          </tr>
        </thead>
        <tbody>
          {items.map((access) => {
            const due = dueWords(access.started_at, now);
            return (
              <tr key={access.id}>
                <td className="tabular">{precise(access.started_at, zone)}</td>
                <th scope="row">{access.display_name}</th>
                <td>
                  <ShortId id={access.patient_id} />
                </td>
                <td className={styles["reason"]}>{access.reason}</td>
                <td>
                  {access.reviewed_at === null ? (
                    <Group gap="xs" wrap="nowrap">
                      <Button size="compact-sm" variant="default" onClick={() => onReview(access)}>
                        Review…
                      </Button>
                      <span className={styles["due"]} data-late={due.late || undefined}>
                        {due.text}
                      </span>
                    </Group>
                  ) : (
                    <>
                      {precise(access.reviewed_at, zone)}
                      <div className={styles["reason"]}>{access.review_note}</div>
                    </>
                  )}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}

function Judge({ access, onClose }: { readonly access: EmergencyAccess; readonly onClose: () => void }) {
  const cache = useQueryClient();
  const [finding, setFinding] = useState<ReviewFinding>();
  const [note, setNote] = useState("");
  const [missing, setMissing] = useState(false);
  const review = useMutation({
    mutationFn: (body: { finding: ReviewFinding; note: string }) => take(api.POST("/api/v1/emergency-access/{id}/review", { params: { path: { id: access.id } }, body })),
    onSuccess: async () => {
      await cache.invalidateQueries({ queryKey: ["emergency-access"] });
      notifications.show({ message: "Your review is on record." });
      onClose();
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const complete = finding !== undefined && note.trim() !== "";
    setMissing(!complete);
    if (complete && !review.isPending) review.mutate({ finding, note: note.trim() });
  };
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        <div>
          <strong>{access.display_name}</strong> wrote: “{access.reason}”
        </div>
        <Radio.Group
          label="Was there a reason to break the glass?"
          value={finding ?? null}
          onChange={(value) => setFinding(value === "justified" ? "justified" : "unjustified")}
          error={missing && finding === undefined ? "Choose one." : undefined}
        >
          <Stack gap={6} mt={6}>
            <Radio value="justified" label="Yes, it was justified" />
            <Radio value="unjustified" label="No, it was not justified" />
          </Stack>
        </Radio.Group>
        <Textarea
          label="Note"
          description="What you looked at, and what follows from it"
          autosize
          minRows={2}
          maxLength={500}
          value={note}
          onChange={(event) => setNote(event.currentTarget.value)}
          error={missing && note.trim() === "" ? "Write a few words." : undefined}
        />
        <Refused error={review.error} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Not now
          </Button>
          <Button type="submit" loading={review.isPending}>
            Record review
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
