import { Button, CopyButton, Group, NativeSelect, Radio, Text, TextInput, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Check, Copy, Link2 } from "lucide-react";
import { type FormEvent, useState } from "react";
import type { Part, Visit } from "@shared/api/types";
import { timeOfDay } from "../../lib/clinicTime";
import { useModerator } from "../../lib/moderation";
import { useAccount } from "../../lib/session";
import { colleaguesQuery } from "../../lib/staffQueries";
import styles from "./People.module.css";

const GUESTS: readonly { readonly value: Part; readonly label: string }[] = [
  { value: "family", label: "Family or friend" },
  { value: "interpreter", label: "Interpreter" },
  { value: "care_team", label: "Care team" },
];
const COLLEAGUES: readonly { readonly value: Part; readonly label: string }[] = [
  { value: "second_clinician", label: "Second clinician" },
  { value: "interpreter", label: "Interpreter" },
  { value: "care_team", label: "Care team" },
];

interface Props {
  readonly visit: Visit;
  readonly onDone: () => void;
}

/** Invites a guest by a link, or a colleague by their account. */
export function InviteForm({ visit, onDone }: Props) {
  const moderator = useModerator(visit.id);
  const [how, setHow] = useState<"link" | "colleague">("link");
  const [part, setPart] = useState<Part>("family");
  const [name, setName] = useState("");
  const [account, setAccount] = useState("");
  const [link, setLink] = useState<string>();
  const choose = (next: string): void => {
    const colleague = next === "colleague";
    setHow(colleague ? "colleague" : "link");
    setPart(colleague ? "second_clinician" : "family");
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const whom = how === "link" ? { part, display_name: name.trim() } : { part, account_id: account };
    moderator.run({ do: "invite", whom }, (made) => {
      // The secret is a fragment: browsers send it to no server.
      const secret = made?.secret ?? null;
      if (secret === null) onDone();
      else setLink(`${location.origin}/guest#${secret}`);
    });
  };
  if (link !== undefined) return <TheLink link={link} name={name.trim()} visit={visit} onDone={onDone} />;
  return (
    <form className={styles["form"]} onSubmit={submit} aria-labelledby="invite-title">
      <Title order={3} id="invite-title" fz="1rem">
        Invite somebody to this visit
      </Title>
      <Radio.Group label="How they come" value={how} onChange={choose}>
        <Group mt={6}>
          <Radio value="link" label="By a link, without an account" />
          <Radio value="colleague" label="Colleague with an account" />
        </Group>
      </Radio.Group>
      {how === "link" ? (
        <TextInput label="Name" description="Everybody in the visit sees it" required withAsterisk={false} maxLength={80} placeholder="Amina’s daughter" value={name} onChange={(event) => setName(event.currentTarget.value)} />
      ) : (
        <Colleagues visit={visit} value={account} onChange={setAccount} />
      )}
      <NativeSelect label="They come as" value={part} data={how === "link" ? [...GUESTS] : [...COLLEAGUES]} onChange={(event) => setPart(event.currentTarget.value as Part)} />
      {moderator.problem === undefined ? null : (
        <p role="alert" className={styles["problem"]}>
          {moderator.problem}
        </p>
      )}
      <Group justify="flex-end">
        <Button variant="default" onClick={onDone}>
          Do not invite
        </Button>
        <Button type="submit" loading={moderator.busy !== undefined} disabled={how === "link" ? name.trim() === "" : account === ""}>
          {how === "link" ? "Make link" : "Invite"}
        </Button>
      </Group>
    </form>
  );
}

function Colleagues({ visit, value, onChange }: { readonly visit: Visit; readonly value: string; readonly onChange: (account: string) => void }) {
  const colleagues = useQuery(colleaguesQuery(visit.id));
  const items = colleagues.data?.items ?? [];
  const choices = items.map(({ account_id, display_name, specialty }) => ({ value: account_id, label: specialty === null ? display_name : `${display_name}, ${specialty}` }));
  return <NativeSelect label="Colleague" description="They can join without knocking" data={[{ value: "", label: "Choose a colleague" }, ...choices]} value={value} onChange={(event) => onChange(event.currentTarget.value)} />;
}

interface LinkProps {
  readonly link: string;
  readonly name: string;
  readonly visit: Visit;
  readonly onDone: () => void;
}

function TheLink({ link, name, visit, onDone }: LinkProps) {
  const zone = useAccount().clinic.time_zone;
  return (
    <section className={styles["form"]} aria-labelledby="link-title">
      <Title order={3} id="link-title" fz="1rem">
        Link for {name}
      </Title>
      <div className={styles["link"]}>
        <TextInput label="Send this link to them alone" readOnly value={link} leftSection={<Link2 size={16} aria-hidden />} onFocus={(event) => event.currentTarget.select()} />
        <CopyButton value={link}>
          {({ copied, copy }) => (
            <Button variant="default" leftSection={copied ? <Check size={16} aria-hidden /> : <Copy size={16} aria-hidden />} onClick={copy}>
              {copied ? "Copied" : "Copy"}
            </Button>
          )}
        </CopyButton>
      </div>
      <Text size="sm">
        Whoever has it can ask to join as {name} until {timeOfDay(visit.window_closes_at, zone)}. You let them in. It is shown this once.
      </Text>
      <Group justify="flex-end">
        <Button onClick={onDone}>Done</Button>
      </Group>
    </section>
  );
}
