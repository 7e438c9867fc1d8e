import { Button } from "@mantine/core";
import styles from "./Table.module.css";

interface Pages {
  readonly hasNextPage: boolean;
  readonly isFetchingNextPage: boolean;
  readonly fetchNextPage: () => unknown;
}

/** The way to older rows, or the statement that there are none. */
export function MorePages({ pages, shown }: { readonly pages: Pages; readonly shown: number }) {
  return (
    <div className={styles["more"]}>
      {pages.hasNextPage ? (
        <Button variant="default" loading={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
          Show more
        </Button>
      ) : (
        <output>{shown === 1 ? "1 entry" : `All ${shown} entries`}</output>
      )}
    </div>
  );
}
