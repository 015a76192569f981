import { X } from "lucide-react";
import { Button } from "~/components/ui/button";
import type { Sent } from "~/lib/api/upload";
import { formatBytes } from "~/lib/time";

/** Shows how far an upload has come and lets a person give it up; nothing once all of it was sent. */
export function UploadProgress({ sent, onCancel }: { sent: Sent | null; onCancel: () => void }) {
  if (sent === null || sent.loaded >= sent.total) return null;
  const percent = Math.floor((100 * sent.loaded) / sent.total);
  return (
    <div className="flex items-center gap-3">
      <div className="flex min-w-0 flex-1 flex-col gap-1">
        <progress
          aria-label="Progress of the upload"
          className="h-1.5 w-full overflow-hidden rounded-full [&::-moz-progress-bar]:bg-accent [&::-webkit-progress-bar]:bg-sunken [&::-webkit-progress-value]:bg-accent"
          value={sent.loaded}
          max={sent.total}
        />
        <p className="text-muted tabular">
          {percent} % of {formatBytes(sent.total)} sent
        </p>
      </div>
      <Button onClick={onCancel}>
        <X aria-hidden />
        Cancel the upload
      </Button>
    </div>
  );
}
