import { Alert, Button, Group, Stack, Text, Textarea } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { Siren } from "lucide-react";
import { type FormEvent, useState } from "react";
import { useProven } from "@shared/account/use-step-up";
import { api, take } from "@shared/api/client";
import type { EmergencyAccess } from "@shared/api/types";
import { useNow } from "../../lib/now";
import { Dialog } from "../../ui/Dialog";
import { Refused } from "../../ui/Refused";
import styles from "./Patients.module.css";

/** A reason shorter than this says nothing. The server asks for the same. */
const MIN_REASON = 20;
const MAX_REASON = 500;

/** Opens a record without a care relationship: says what follows, asks why, and does it. */
export function BreakGlass({ patientId, onOpened }: { readonly patientId: string; readonly onOpened: (access: EmergencyAccess) => void }) {
  const proven = useProven();
  const [asking, setAsking] = useState(false);
  const [reason, setReason] = useState("");
  const [short, setShort] = useState(false);
  const open = useMutation({
    mutationFn: () => proven(() => take(api.POST("/api/v1/patients/{id}/emergency-access", { params: { path: { id: patientId } }, body: { reason: reason.trim() } }))),
    onSuccess: (access) => {
      setAsking(false);
      onOpened(access);
    },
  });
  const missing = MIN_REASON - [...reason.trim()].length;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setShort(missing > 0);
    if (missing <= 0 && !open.isPending) open.mutate();
  };
  return (
    <>
      <Button color="danger" leftSection={<Siren size={16} aria-hidden />} onClick={() => setAsking(true)}>
        Emergency access…
      </Button>
      <Dialog opened={asking} onClose={() => setAsking(false)} title="Open this record in an emergency?">
        <form onSubmit={submit} noValidate>
          <Stack gap="md">
            <div>
              <Text>Only when the patient’s care cannot wait. If you go on:</Text>
              <ul className={styles["follows"]}>
                <li>you can read this record for 60 minutes, and change nothing</li>
                <li>everything you open is marked in the audit log</li>
                <li>the patient and the compliance officer are told at once</li>
                <li>compliance reviews your reason within 72 hours</li>
              </ul>
            </div>
            <Textarea
              label="Why can it not wait?"
              description={`At least ${MIN_REASON} characters. Read by compliance.`}
              autosize
              minRows={3}
              maxLength={MAX_REASON}
              data-autofocus
              value={reason}
              onChange={(event) => setReason(event.currentTarget.value)}
              error={short && missing > 0 ? `${missing} more ${missing === 1 ? "character" : "characters"}, please.` : undefined}
            />
            <Refused error={open.error} />
            <Group justify="flex-end">
              <Button variant="default" onClick={() => setAsking(false)}>
                Cancel
              </Button>
              <Button type="submit" color="danger" loading={open.isPending}>
                Open the record
              </Button>
            </Group>
          </Stack>
        </form>
      </Dialog>
    </>
  );
}

/** How long the record stays open; over it, the next read is refused. */
export function GlassBanner({ endsAt }: { readonly endsAt: string }) {
  const now = useNow();
  const minutes = Math.max(0, Math.ceil((Date.parse(endsAt) - now) / 60_000));
  return (
    <Alert color="danger" role="status" icon={<Siren aria-hidden />} mb="md">
      <strong>Emergency access:</strong> {minutes === 0 ? "over. The record is closed again." : `${minutes} ${minutes === 1 ? "minute" : "minutes"} left. Everything you open is marked and reviewed.`}
    </Alert>
  );
}
