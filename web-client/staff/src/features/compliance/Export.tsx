import { Button, Group, Menu, Stack } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { ChevronDown, Download } from "lucide-react";
import { useProven } from "@shared/account/use-step-up";
import { api, take } from "@shared/api/client";
import type { ReportKind, SignedReport } from "@shared/api/types";
import { saveFile } from "@shared/lib/save-file";
import type { ReportFilter } from "../../lib/complianceQueries";
import { Refused } from "../../ui/Refused";

/** Takes the whole report out, with its signature to be kept beside it. Each taking out is on record. */
export function Export({ kind, filter, disabled }: { readonly kind: ReportKind; readonly filter: ReportFilter; readonly disabled: boolean }) {
  const proven = useProven();
  const takeOut = useMutation({
    mutationFn: (format: "csv" | "json"): Promise<SignedReport> =>
      proven(() => take(api.POST("/api/v1/audit-reports/{report}/export", { params: { path: { report: kind } }, body: { format, ...filter } }))),
    onSuccess: ({ file_name, media_type, content }) => saveFile(file_name, media_type, content),
  });
  const signed = takeOut.data;
  return (
    <Stack gap="xs" align="flex-end">
      <Group gap="xs">
        {signed === undefined ? null : (
          <Button variant="subtle" onClick={() => saveFile(`${signed.file_name}.signature.json`, "application/json", JSON.stringify(signed.signature, null, 2))}>
            Save its signature
          </Button>
        )}
        <Menu position="bottom-end">
          <Menu.Target>
            <Button disabled={disabled} loading={takeOut.isPending} leftSection={<Download size={16} aria-hidden />} rightSection={<ChevronDown size={16} aria-hidden />}>
              Download
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item onClick={() => takeOut.mutate("csv")}>Table (CSV)</Menu.Item>
            <Menu.Item onClick={() => takeOut.mutate("json")}>Data (JSON)</Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </Group>
      <Refused error={takeOut.error} />
    </Stack>
  );
}
