/**
 * Makes the browser load its WebRTC engine before it is needed: the first peer connection of a
 * page costs several times what the next one does. Opens no device and sends nothing.
 */
export function warmUp(): void {
  if (typeof RTCPeerConnection === "undefined") return;
  const peer = new RTCPeerConnection();
  peer.addTransceiver("audio", { direction: "recvonly" });
  peer.addTransceiver("video", { direction: "recvonly" });
  const close = (): void => peer.close();
  peer.createOffer().then(close, close);
}
