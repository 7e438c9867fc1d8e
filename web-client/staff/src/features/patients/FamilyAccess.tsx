import { Button, Group, Select, Skeleton, Stack, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { UserPlus } from "lucide-react";
import { type FormEvent, useState } from "react";
import { BASIS_WORDS, endOfDay, LEVEL_WORDS, LEVELS, standingOf } from "@shared/account/family";
import { proxiesQuery } from "@shared/account/patient-queries";
import { api, take } from "@shared/api/client";
import type { ProxyBasis, ProxyGrant, ProxyLevel } from "@shared/api/types";
import { shortDate } from "../../lib/clinicTime";
import { useNow } from "../../lib/now";
import { mayGrantProxies } from "../../lib/roles";
import { useAccount } from "../../lib/session";
import { Dialog } from "../../ui/Dialog";
import { Failure } from "../../ui/Quiet";
import { Refused } from "../../ui/Refused";
import styles from "./Patients.module.css";

/** Who acts for the patient, and giving or taking that on documents. */
export function FamilyAccess({ patientId }: { readonly patientId: string }) {
  const cache = useQueryClient();
  const edits = mayGrantProxies(useAccount());
  const now = useNow();
  const grants = useQuery(proxiesQuery(patientId));
  const [adding, setAdding] = useState(false);
  const revoke = useMutation({
    mutationFn: (grant: string) => take(api.POST("/api/v1/patients/{id}/proxies/{grant}/revoke", { params: { path: { id: patientId, grant } }, body: {} })),
    onSettled: () => cache.invalidateQueries({ queryKey: proxiesQuery(patientId).queryKey }),
  });
  const items = grants.data?.items.filter((grant) => ["counts", "later"].includes(standingOf(grant, now)));
  return (
    <section className={styles["part"]} aria-labelledby="family">
      <div className={styles["head"]}>
        <h2 id="family">Family access</h2>
        {edits ? (
          <Button variant="default" leftSection={<UserPlus size={16} aria-hidden />} onClick={() => setAdding(true)}>
            Give access on documents
          </Button>
        ) : null}
      </div>
      {grants.isPending ? <Skeleton height={56} component="section" aria-label="Loading family access" aria-busy="true" /> : null}
      {grants.isError && items === undefined ? <Failure error={grants.error} what="Family access" onRetry={() => void grants.refetch()} /> : null}
      <Refused error={revoke.error} />
      {items?.length === 0 ? <p className={styles["about"]}>Nobody acts for this patient.</p> : null}
      <ul className={styles["rows"]}>
        {items?.map((grant) => (
          <GrantRow key={grant.id} grant={grant} edits={edits} busy={revoke.isPending && revoke.variables === grant.id} onRevoke={() => revoke.mutate(grant.id)} />
        ))}
      </ul>
      <Dialog opened={adding} onClose={() => setAdding(false)} title="Give access on documents">
        <GrantForm patientId={patientId} onDone={() => setAdding(false)} />
      </Dialog>
    </section>
  );
}

interface GrantRowProps {
  readonly grant: ProxyGrant;
  readonly edits: boolean;
  readonly busy: boolean;
  readonly onRevoke: () => void;
}

function GrantRow({ grant, edits, busy, onRevoke }: GrantRowProps) {
  const zone = useAccount().clinic.time_zone;
  return (
    <li className={styles["row"]}>
      <div>
        <strong>{grant.display_name}</strong>
        <div className={styles["about"]}>
          {LEVEL_WORDS[grant.level].name} · {BASIS_WORDS[grant.basis]} · since {shortDate(grant.starts_at, zone)}
          {grant.ends_at === null ? "" : ` until ${shortDate(grant.ends_at, zone)}`}
        </div>
      </div>
      {edits ? (
        <Button variant="subtle" loading={busy} onClick={onRevoke} aria-label={`Take back the access of ${grant.display_name}`}>
          Take back
        </Button>
      ) : null}
    </li>
  );
}

/** What the desk may act on: it never gives the patient's own word. */
const BASES = ["parental_responsibility", "legal_authority"] as const satisfies readonly ProxyBasis[];

function GrantForm({ patientId, onDone }: { readonly patientId: string; readonly onDone: () => void }) {
  const cache = useQueryClient();
  const [draft, setDraft] = useState({ email: "", level: "view" as ProxyLevel, basis: BASES[0] as ProxyBasis, documents: "", until: "" });
  const [tried, setTried] = useState(false);
  const ends_at = endOfDay(draft.until, useNow());
  const complete = /.@./.test(draft.email) && draft.documents.trim() !== "" && (draft.until === "" || ends_at !== undefined);
  const grant = useMutation({
    mutationFn: () => {
      const { email, level, basis, documents } = draft;
      const body = { email: email.trim(), level, basis, documents: documents.trim(), ...(ends_at === undefined ? {} : { ends_at }) };
      return take(api.POST("/api/v1/patients/{id}/proxies", { params: { path: { id: patientId } }, body }));
    },
    onSuccess: async () => {
      await cache.invalidateQueries({ queryKey: proxiesQuery(patientId).queryKey });
      onDone();
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setTried(!complete);
    if (complete && !grant.isPending) grant.mutate();
  };
  const change = (part: Partial<typeof draft>): void => setDraft({ ...draft, ...part });
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        <TextInput label="Their email" description="The account of a family member at this clinic" type="email" autoComplete="off" data-autofocus value={draft.email} onChange={(event) => change({ email: event.currentTarget.value })} error={tried && !/.@./.test(draft.email) ? "Enter an email address." : undefined} />
        <Select label="They may" allowDeselect={false} data={LEVELS.map((value) => ({ value, label: LEVEL_WORDS[value].name }))} value={draft.level} onChange={(value) => change({ level: (value ?? "view") as ProxyLevel })} />
        <Select label="Because of" allowDeselect={false} data={BASES.map((value) => ({ value, label: BASIS_WORDS[value] }))} value={draft.basis} onChange={(value) => change({ basis: (value ?? BASES[0]) as ProxyBasis })} />
        <Textarea label="Documents seen" description="Which, of whom, of when" autosize minRows={2} maxLength={500} value={draft.documents} onChange={(event) => change({ documents: event.currentTarget.value })} error={tried && draft.documents.trim() === "" ? "Say which documents you saw." : undefined} />
        <TextInput label="Last day" description="Empty: until it is taken back" type="date" value={draft.until} onChange={(event) => change({ until: event.currentTarget.value })} error={tried && draft.until !== "" && ends_at === undefined ? "Choose a day from today on." : undefined} />
        <Refused error={grant.error} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onDone}>
            Cancel
          </Button>
          <Button type="submit" loading={grant.isPending}>
            Give access
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
