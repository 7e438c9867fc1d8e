import { Button, Checkbox, CopyButton, Group, Stack, Text } from "@mantine/core";
import { Copy, Download, Printer } from "lucide-react";
import { type FormEvent, useState } from "react";
import { recoveryFile } from "@shared/account/words";
import { saveFile } from "@shared/lib/save-file";
import styles from "./Security.module.css";

/** Recovery codes, this once: printed, saved or copied, and said to be kept. */
export function KeepCodes({ codes, email, onKept }: { readonly codes: readonly string[]; readonly email: string; readonly onKept: () => void }) {
  const [kept, setKept] = useState(false);
  const [missing, setMissing] = useState(false);
  const [text] = useState(() => recoveryFile(codes, email, new Date().toLocaleDateString()));
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setMissing(!kept);
    if (kept) onKept();
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        <Text>Each code lets you in once without your phone. They are shown only now; nobody at the clinic can see them.</Text>
        <section className={styles["sheet"]} aria-label="Recovery codes">
          <p className={styles["printOnly"]}>Bedside recovery codes for {email}</p>
          <ol className={styles["codes"]}>
            {codes.map((code) => (
              <li key={code}>{code}</li>
            ))}
          </ol>
        </section>
        <Group gap="xs">
          <Button variant="default" leftSection={<Printer size={16} aria-hidden />} onClick={() => window.print()}>
            Print
          </Button>
          <Button variant="default" leftSection={<Download size={16} aria-hidden />} onClick={() => saveFile("bedside-recovery-codes.txt", "text/plain", text)}>
            Save as a file
          </Button>
          <CopyButton value={text}>
            {({ copied, copy }) => (
              <Button variant="default" leftSection={<Copy size={16} aria-hidden />} onClick={copy}>
                {copied ? "Copied" : "Copy"}
              </Button>
            )}
          </CopyButton>
        </Group>
        <Checkbox
          label="I have kept these codes where only I find them."
          checked={kept}
          error={missing ? "Print, save or copy the codes first." : undefined}
          onChange={(event) => {
            setKept(event.currentTarget.checked);
            setMissing(false);
          }}
        />
        <Group>
          <Button type="submit">Continue</Button>
        </Group>
      </Stack>
    </form>
  );
}
