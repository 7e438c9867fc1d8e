import { Alert, Button, Group, Skeleton, Stack, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { Info } from "lucide-react";
import { type ReactNode, useState } from "react";
import { useProven } from "@shared/account/use-step-up";
import { useSecurity } from "@shared/account/use-security";
import { factorKind, recoveryWords } from "@shared/account/words";
import type { Factor, FactorList } from "@shared/api/types";
import { shortDate } from "../../lib/clinicTime";
import { useAccount } from "../../lib/session";
import { Dialog } from "../../ui/Dialog";
import { Page } from "../../ui/Page";
import { Failure } from "../../ui/Quiet";
import { Refused } from "../../ui/Refused";
import { ChangePassword } from "./ChangePassword";
import { Enrol } from "./Enrol";
import { KeepCodes } from "./KeepCodes";
import { Notices } from "./Notices";
import styles from "./Security.module.css";
import { Sessions } from "./Sessions";

/** What guards one's own account. */
export function Security() {
  const [changing, setChanging] = useState(false);
  return (
    <Page title="Security" summary="What guards your account, and where it is signed in.">
      <Factors />
      <Part title="Password">
        <Button variant="default" onClick={() => setChanging(true)}>
          Change password
        </Button>
      </Part>
      <Part title="Where you are signed in">
        <Sessions />
      </Part>
      <Part title="What happened lately">
        <Notices />
      </Part>
      <Dialog opened={changing} onClose={() => setChanging(false)} title="Change password">
        <ChangePassword
          onDone={() => {
            setChanging(false);
            notifications.show({ message: "Your password is changed. Your other sessions have ended." });
          }}
          onCancel={() => setChanging(false)}
        />
      </Dialog>
    </Page>
  );
}

function Part({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section className={styles["part"]}>
      <h2>{title}</h2>
      {children}
    </section>
  );
}

function Factors() {
  const { email } = useAccount();
  const proven = useProven();
  const { factors, removeFactor, newCodes } = useSecurity(proven);
  const [adding, setAdding] = useState(false);
  const codes = newCodes.data?.recovery_codes;
  return (
    <Part title="Second factors">
      {factors.isPending ? <Skeleton height={72} component="section" aria-label="Loading your second factors" aria-busy="true" /> : null}
      {factors.isError && factors.data === undefined ? <Failure error={factors.error} what="Your second factors" onRetry={() => void factors.refetch()} /> : null}
      <Refused error={removeFactor.error ?? newCodes.error} />
      {factors.data === undefined ? null : (
        <FactorPart
          list={factors.data}
          removing={removeFactor.isPending ? removeFactor.variables : undefined}
          making={newCodes.isPending}
          onRemove={(id) => removeFactor.mutate(id)}
          onAdd={() => setAdding(true)}
          onNewCodes={() => newCodes.mutate()}
        />
      )}
      <Dialog opened={adding} onClose={() => setAdding(false)} title="Add a second factor">
        <Enrol
          email={email}
          proven={proven}
          onDone={() => setAdding(false)}
          leave={
            <Button variant="default" onClick={() => setAdding(false)}>
              Cancel
            </Button>
          }
        />
      </Dialog>
      {/* Closing it without having kept them would lose the codes: only its own button does. */}
      <Dialog opened={codes !== undefined} onClose={() => undefined} title="New recovery codes" size="lg">
        {codes === undefined ? null : <KeepCodes codes={codes} email={email} onKept={newCodes.reset} />}
      </Dialog>
    </Part>
  );
}

interface FactorPartProps {
  readonly list: FactorList;
  readonly removing: string | undefined;
  readonly making: boolean;
  readonly onRemove: (id: string) => void;
  readonly onAdd: () => void;
  readonly onNewCodes: () => void;
}

function FactorPart({ list, removing, making, onRemove, onAdd, onNewCodes }: FactorPartProps) {
  const recovery = recoveryWords(list);
  return (
    <Stack gap="sm">
      {list.items.length === 0 ? <Text>You sign in with your password alone. A second factor makes it much safer.</Text> : null}
      {list.duty_met && list.duty === "hardware_key" && !list.items.some(({ hardware }) => hardware) ? (
        <Alert color="waiting" icon={<Info aria-hidden />}>
          Your role asks for a hardware key. An app is accepted until you have one; from then on, the key is.
        </Alert>
      ) : null}
      <ul className={styles["rows"]} aria-label="Second factors">
        {list.items.map((factor) => (
          <FactorRow key={factor.id} factor={factor} busy={removing === factor.id} onRemove={() => onRemove(factor.id)} />
        ))}
      </ul>
      <Group>
        <Button variant="default" onClick={onAdd}>
          Add a second factor
        </Button>
        {list.items.length > 0 ? (
          <Button variant="subtle" loading={making} onClick={onNewCodes}>
            Make new recovery codes
          </Button>
        ) : null}
      </Group>
      <p className={styles["about"]} data-few={recovery.few || undefined}>
        {recovery.text}
      </p>
    </Stack>
  );
}

function FactorRow({ factor, busy, onRemove }: { readonly factor: Factor; readonly busy: boolean; readonly onRemove: () => void }) {
  const zone = useAccount().clinic.time_zone;
  const [asking, setAsking] = useState(false);
  const close = (): void => setAsking(false);
  return (
    <li className={styles["row"]}>
      <div>
        <strong>{factor.label}</strong>
        <div className={styles["about"]}>
          {factorKind(factor.kind)} · added {shortDate(factor.created_at, zone)} ·{" "}
          {factor.last_used_at === null ? "not used yet" : `last used ${shortDate(factor.last_used_at, zone)}`}
        </div>
      </div>
      <Button variant="subtle" loading={busy} onClick={() => setAsking(true)} aria-label={`Remove ${factor.label}`}>
        Remove…
      </Button>
      <Dialog opened={asking} onClose={close} title={`Remove “${factor.label}”?`}>
        <Text>It will not work any more, and your other sessions end.</Text>
        <Group justify="flex-end" mt="lg">
          <Button variant="default" onClick={close} data-autofocus>
            Keep it
          </Button>
          <Button
            color="danger"
            onClick={() => {
              close();
              onRemove();
            }}
          >
            Remove
          </Button>
        </Group>
      </Dialog>
    </li>
  );
}
