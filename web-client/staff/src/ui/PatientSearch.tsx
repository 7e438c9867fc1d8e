import { Combobox, Loader, TextInput, useCombobox } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { Search } from "lucide-react";
import { useState } from "react";
import type { Patient } from "@shared/api/types";
import { calendarDate } from "../lib/clinicTime";
import { MIN_SEARCH, patientSearchQuery } from "../lib/staffQueries";
import styles from "./PatientSearch.module.css";

/** Long enough that a name typed at normal speed is one search, in milliseconds. */
const TYPING_PAUSE_MS = 250;

interface Props {
  readonly label: string;
  readonly description?: string;
  readonly value: Patient | null;
  readonly onChange: (patient: Patient | null) => void;
  readonly error?: string | undefined;
}

/** Finds one patient by name; date of birth tells namesakes apart. */
export function PatientSearch({ label, description, value, onChange, error }: Props) {
  const combobox = useCombobox({ onDropdownClose: () => combobox.resetSelectedOption() });
  const [typed, setTyped] = useState(value?.display_name ?? "");
  const [settled] = useDebouncedValue(typed.trim(), TYPING_PAUSE_MS);
  const search = useQuery(patientSearchQuery(value === null ? settled : ""));
  const found = settled.length >= MIN_SEARCH ? (search.data?.items ?? []) : [];
  const choose = (id: string): void => {
    const patient = found.find((one) => one.id === id) ?? null;
    onChange(patient);
    setTyped(patient?.display_name ?? "");
    combobox.closeDropdown();
  };
  const type = (text: string): void => {
    setTyped(text);
    if (value !== null) onChange(null);
    combobox.openDropdown();
    combobox.updateSelectedOptionIndex();
  };
  return (
    <Combobox store={combobox} onOptionSubmit={choose}>
      <Combobox.Target>
        <TextInput
          label={label}
          description={value === null ? description : `Born ${calendarDate(value.date_of_birth)}`}
          placeholder="Type a name"
          autoComplete="off"
          leftSection={<Search size={16} aria-hidden />}
          rightSection={search.isFetching ? <Loader size={16} aria-label="Searching" /> : null}
          error={error}
          value={typed}
          onChange={(event) => type(event.currentTarget.value)}
          onFocus={() => combobox.openDropdown()}
          onBlur={() => combobox.closeDropdown()}
        />
      </Combobox.Target>
      <Combobox.Dropdown hidden={value !== null || settled.length < MIN_SEARCH}>
        <Combobox.Options aria-label="Patients">
          {found.map((patient) => (
            <Combobox.Option key={patient.id} value={patient.id}>
              {patient.display_name}
              <span className={styles["about"]}>
                born {calendarDate(patient.date_of_birth)}
                {patient.email === null ? "" : ` · ${patient.email}`}
              </span>
            </Combobox.Option>
          ))}
          {found.length === 0 ? <Combobox.Empty>{emptyText(search)}</Combobox.Empty> : null}
        </Combobox.Options>
      </Combobox.Dropdown>
    </Combobox>
  );
}

function emptyText(search: { readonly isError: boolean; readonly isFetching: boolean }): string {
  if (search.isError) return "The search did not work. Type again.";
  return search.isFetching ? "Searching…" : "No patient of this clinic has that name.";
}
