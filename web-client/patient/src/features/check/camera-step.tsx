import { Camera, CameraOff } from "lucide-react";
import { type ReactNode, useEffect, useRef } from "react";
import { Button } from "../../ui/button";
import { Notice } from "../../ui/notice";
import { Screen } from "../../ui/screen";
import type { StepProps } from "./step-props";
import { DeviceSelect } from "./device-select";

/** "Can you see yourself?" */
export function CameraStep({ check, state, steps, onNext }: StepProps): ReactNode {
  const { camera, cameras, chosen } = state;
  useEffect(() => {
    void check.startCamera();
    return () => check.stopCamera();
  }, [check]);
  const skip = (): void => {
    check.skip("camera");
    onNext();
  };
  const failed = camera.status === "failed";
  return (
    <Screen
      title={failed ? "Your camera does not work yet" : "Can you see yourself?"}
      step={{ at: 1, of: steps, name: "Camera" }}
      lead={failed ? undefined : "Only you see this picture. Nothing is sent or stored."}
      actions={
        <>
          {failed ? (
            <Button onClick={() => void check.startCamera()}>Try again</Button>
          ) : (
            <Button disabled={camera.status !== "ok"} onClick={onNext}>
              Continue
            </Button>
          )}
          {camera.status !== "ok" && (
            <Button kind="quiet" onClick={skip}>
              Continue without camera
            </Button>
          )}
        </>
      }
    >
      <Preview stream={camera.stream} status={camera.status} />
      <div role="status">
        {camera.problem !== undefined && (
          <Notice tone="urgent" title={camera.problem.what}>
            {camera.problem.fix}
          </Notice>
        )}
        {camera.status === "ok" && (
          <Notice tone="ready" title="Your camera works">
            Light from the front is kind to your face.
          </Notice>
        )}
      </div>
      <DeviceSelect label="Camera" devices={cameras} chosen={chosen.camera} onChoose={(id) => void check.startCamera(id)} />
    </Screen>
  );
}

function Preview({ stream, status }: { stream: MediaStream | undefined; status: string }): ReactNode {
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    if (video.current !== null) video.current.srcObject = stream ?? null;
  }, [stream]);
  const Icon = status === "failed" ? CameraOff : Camera;
  return (
    <div className="preview">
      {stream === undefined ? (
        <div className="preview-empty">
          <Icon aria-hidden="true" size={40} />
          {status === "asking" && <p>Your browser asks whether this page may use your camera. Choose “Allow”.</p>}
        </div>
      ) : (
        <video ref={video} autoPlay playsInline muted aria-label="Your camera picture" />
      )}
    </div>
  );
}
