import { Link, useLocation } from "react-router";
import { PageHeader, PageTitle } from "~/components/page";
import { Button } from "~/components/ui/button";
import { EmptyView } from "~/components/views";

export default function NotFoundRoute() {
  const { pathname } = useLocation();
  return (
    <>
      <PageTitle>Not found</PageTitle>
      <PageHeader title="Not found" />
      <EmptyView
        title="There is no such page"
        action={
          <Button asChild>
            <Link to="/">Go to the plugins</Link>
          </Button>
        }
      >
        <code className="break-all font-mono">{pathname}</code> leads nowhere in this version of the console.
      </EmptyView>
    </>
  );
}
