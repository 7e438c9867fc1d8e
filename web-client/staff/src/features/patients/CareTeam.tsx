import { Button, Group, Select, Skeleton, Stack } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { UserPlus } from "lucide-react";
import { type FormEvent, useState } from "react";
import { api, take } from "@shared/api/client";
import type { CareTeamMember, CareTeamPart } from "@shared/api/types";
import { shortDate } from "../../lib/clinicTime";
import { careTeamQuery } from "../../lib/complianceQueries";
import { useNow } from "../../lib/now";
import { mayEditCareTeam } from "../../lib/roles";
import { useAccount } from "../../lib/session";
import { providersQuery } from "../../lib/staffQueries";
import { Dialog } from "../../ui/Dialog";
import { Failure } from "../../ui/Quiet";
import { Refused } from "../../ui/Refused";
import styles from "./Patients.module.css";

const PARTS: Readonly<Record<CareTeamPart, string>> = {
  primary: "Answers for the care",
  specialist: "Specialist",
  coordinator: "Coordinates",
  other: "Other",
};

/** Who cares for the patient: a place here is what opens the record. */
export function CareTeam({ patientId }: { readonly patientId: string }) {
  const cache = useQueryClient();
  const account = useAccount();
  const now = useNow();
  const team = useQuery(careTeamQuery(patientId));
  const [adding, setAdding] = useState(false);
  const end = useMutation({
    mutationFn: (member: string) => take(api.POST("/api/v1/patients/{id}/care-team/{member}/end", { params: { path: { id: patientId, member } }, body: {} })),
    onSettled: () => cache.invalidateQueries({ queryKey: careTeamQuery(patientId).queryKey }),
  });
  const edits = mayEditCareTeam(account);
  const items = team.data?.items.filter(({ ends_at }) => ends_at === null || Date.parse(ends_at) > now);
  return (
    <section className={styles["part"]} aria-labelledby="care-team">
      <div className={styles["head"]}>
        <h2 id="care-team">Care team</h2>
        {edits ? (
          <Button variant="default" leftSection={<UserPlus size={16} aria-hidden />} onClick={() => setAdding(true)}>
            Add to the care team
          </Button>
        ) : null}
      </div>
      {team.isPending ? <Skeleton height={56} component="section" aria-label="Loading the care team" aria-busy="true" /> : null}
      {team.isError && items === undefined ? <Failure error={team.error} what="The care team" onRetry={() => void team.refetch()} /> : null}
      <Refused error={end.error} />
      {items?.length === 0 ? <p className={styles["about"]}>Nobody yet. Clinicians reach this patient through appointments only.</p> : null}
      <ul className={styles["rows"]}>
        {items?.map((member) => (
          <MemberRow key={member.id} member={member} edits={edits} busy={end.isPending && end.variables === member.id} onEnd={() => end.mutate(member.id)} />
        ))}
      </ul>
      <Dialog opened={adding} onClose={() => setAdding(false)} title="Add to the care team">
        <AddMember patientId={patientId} onDone={() => setAdding(false)} />
      </Dialog>
    </section>
  );
}

interface MemberRowProps {
  readonly member: CareTeamMember;
  readonly edits: boolean;
  readonly busy: boolean;
  readonly onEnd: () => void;
}

function MemberRow({ member, edits, busy, onEnd }: MemberRowProps) {
  const zone = useAccount().clinic.time_zone;
  return (
    <li className={styles["row"]}>
      <div>
        <strong>{member.display_name}</strong>
        <div className={styles["about"]}>
          {PARTS[member.part]} · since {shortDate(member.starts_at, zone)}
          {member.ends_at === null ? "" : ` until ${shortDate(member.ends_at, zone)}`}
        </div>
      </div>
      {edits ? (
        <Button variant="subtle" loading={busy} onClick={onEnd} aria-label={`End the place of ${member.display_name}`}>
          End
        </Button>
      ) : null}
    </li>
  );
}

function AddMember({ patientId, onDone }: { readonly patientId: string; readonly onDone: () => void }) {
  const cache = useQueryClient();
  const providers = useQuery(providersQuery());
  const [account, setAccount] = useState<string | null>(null);
  const [part, setPart] = useState<CareTeamPart>("primary");
  const [missing, setMissing] = useState(false);
  const add = useMutation({
    mutationFn: (account_id: string) => take(api.POST("/api/v1/patients/{id}/care-team", { params: { path: { id: patientId } }, body: { account_id, part } })),
    onSuccess: async () => {
      await cache.invalidateQueries({ queryKey: careTeamQuery(patientId).queryKey });
      onDone();
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setMissing(account === null);
    if (account !== null && !add.isPending) add.mutate(account);
  };
  const people = (providers.data?.items ?? []).map(({ account_id, display_name, specialty }) => ({ value: account_id, label: `${display_name} · ${specialty}` }));
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        <Select
          label="Clinician"
          placeholder={providers.isPending ? "Loading…" : "Choose"}
          data={people}
          value={account}
          onChange={setAccount}
          error={missing && account === null ? "Choose a clinician." : undefined}
        />
        <Select
          label="Part"
          allowDeselect={false}
          data={Object.entries(PARTS).map(([value, label]) => ({ value, label }))}
          value={part}
          onChange={(value) => setPart((value ?? "other") as CareTeamPart)}
        />
        <Refused error={add.error} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onDone}>
            Cancel
          </Button>
          <Button type="submit" loading={add.isPending}>
            Add
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
