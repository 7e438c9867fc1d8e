import { Loader } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { SearchX } from "lucide-react";
import { Link } from "wouter";
import { codeOf } from "@shared/api/error";
import { visitQuery } from "@shared/api/queries";
import { Page } from "../../ui/Page";
import { Failure, Quiet } from "../../ui/Quiet";
import { VisitRoom } from "./VisitRoom";

/** One visit of the clinician: the person, the chart and the chat on one screen. */
export default function VisitScreen({ id }: { readonly id: string }) {
  const visit = useQuery(visitQuery(id));
  if (visit.data !== undefined) return <VisitRoom visit={visit.data} />;
  if (visit.isPending) return <Loader aria-label="Loading the visit" />;
  return (
    <Page title="Visit">
      {codeOf(visit.error) === "not_found" ? (
        <Quiet icon={SearchX} title="There is no such visit among yours" action={<Link href="/today">Back to today</Link>}>
          It may belong to a colleague, or the address is incomplete.
        </Quiet>
      ) : (
        <Failure error={visit.error} what="The visit" onRetry={() => void visit.refetch()} />
      )}
    </Page>
  );
}
