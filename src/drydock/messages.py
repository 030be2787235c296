"""The messages of the Kubernetes API: field numbers, JSON names and types, as data.

One message a line: `Name: number field type, …`. No type is a string, `[x]` a list, `{x}` a map from strings,
`?` a field that the API leaves out when it is empty, `+` a message whose fields stand in the place of its own.
Source: the struct tags (protobuf, json) of k8s.io/api and k8s.io/apimachinery v0.36.
"""

from typing import Final

MESSAGES: Final = """\
DeleteOptions: 1 gracePeriodSeconds int64, 2 preconditions Preconditions, 3 orphanDependents bool, 4 propagationPolicy, 5 dryRun? [], 6 ignoreStoreReadErrorWithClusterBreakingPotential bool
Preconditions: 1 uid, 2 resourceVersion
CreateOptions: 1 dryRun? [], 3 fieldManager?, 4 fieldValidation?
PatchOptions: 1 dryRun? [], 2 force bool, 3 fieldManager?, 4 fieldValidation?
UpdateOptions: 1 dryRun? [], 2 fieldManager?, 3 fieldValidation?
Namespace: 1 metadata? ObjectMeta, 2 spec? NamespaceSpec, 3 status? NamespaceStatus
ObjectMeta: 1 name?, 2 generateName?, 3 namespace?, 4 selfLink?, 5 uid?, 6 resourceVersion?, 7 generation? int64, 8 creationTimestamp? time, 9 deletionTimestamp time, 10 deletionGracePeriodSeconds int64, 11 labels? {}, 12 annotations? {}, 13 ownerReferences? [OwnerReference], 14 finalizers? [], 17 managedFields? [ManagedFieldsEntry]
OwnerReference: 1 kind, 3 name, 4 uid, 5 apiVersion, 6 controller bool, 7 blockOwnerDeletion bool
ManagedFieldsEntry: 1 manager?, 2 operation?, 3 apiVersion?, 4 time time, 6 fieldsType?, 7 fieldsV1 json, 8 subresource?
NamespaceSpec: 1 finalizers? []
NamespaceStatus: 1 phase?, 2 conditions? [NamespaceCondition]
NamespaceCondition: 1 type, 2 status, 4 lastTransitionTime? time, 5 reason?, 6 message?
Secret: 1 metadata? ObjectMeta, 2 data? {bytes}, 3 type?, 4 stringData? {}, 5 immutable bool
ConfigMap: 1 metadata? ObjectMeta, 2 data? {}, 3 binaryData? {bytes}, 4 immutable bool
ServiceAccount: 1 metadata? ObjectMeta, 2 secrets? [ObjectReference], 3 imagePullSecrets? [LocalObjectReference], 4 automountServiceAccountToken bool
ObjectReference: 1 kind?, 2 namespace?, 3 name?, 4 uid?, 5 apiVersion?, 6 resourceVersion?, 7 fieldPath?
LocalObjectReference: 1 name?
Service: 1 metadata? ObjectMeta, 2 spec? ServiceSpec, 3 status? ServiceStatus
ServiceSpec: 1 ports? [ServicePort], 2 selector? {}, 3 clusterIP?, 4 type?, 5 externalIPs? [], 7 sessionAffinity?, 8 loadBalancerIP?, 9 loadBalancerSourceRanges? [], 10 externalName?, 11 externalTrafficPolicy?, 12 healthCheckNodePort? int32, 13 publishNotReadyAddresses? bool, 14 sessionAffinityConfig SessionAffinityConfig, 17 ipFamilyPolicy, 18 clusterIPs? [], 19 ipFamilies? [], 20 allocateLoadBalancerNodePorts bool, 21 loadBalancerClass, 22 internalTrafficPolicy, 23 trafficDistribution
ServicePort: 1 name?, 2 protocol?, 3 port int32, 4 targetPort? intstr, 5 nodePort? int32, 6 appProtocol
SessionAffinityConfig: 1 clientIP ClientIPConfig
ClientIPConfig: 1 timeoutSeconds int32
ServiceStatus: 1 loadBalancer? LoadBalancerStatus, 2 conditions? [Condition]
LoadBalancerStatus: 1 ingress? [LoadBalancerIngress]
LoadBalancerIngress: 1 ip?, 2 hostname?, 3 ipMode, 4 ports? [PortStatus]
PortStatus: 1 port int32, 2 protocol, 3 error
Condition: 1 type, 2 status, 3 observedGeneration? int64, 4 lastTransitionTime time, 5 reason, 6 message
Endpoints: 1 metadata? ObjectMeta, 2 subsets? [EndpointSubset]
EndpointSubset: 1 addresses? [EndpointAddress], 2 notReadyAddresses? [EndpointAddress], 3 ports? [EndpointPort]
EndpointAddress: 1 ip, 2 targetRef ObjectReference, 3 hostname?, 4 nodeName
EndpointPort: 1 name?, 2 port int32, 3 protocol?, 4 appProtocol
Event: 1 metadata ObjectMeta, 2 involvedObject ObjectReference, 3 reason?, 4 message?, 5 source? EventSource, 6 firstTimestamp? time, 7 lastTimestamp? time, 8 count? int32, 9 type?, 10 eventTime? microtime, 11 series EventSeries, 12 action?, 13 related ObjectReference, 14 reportingComponent, 15 reportingInstance
EventSource: 1 component?, 2 host?
EventSeries: 1 count? int32, 2 lastObservedTime? microtime
Pod: 1 metadata? ObjectMeta, 2 spec? PodSpec, 3 status? PodStatus
PodSpec: 1 volumes? [Volume], 2 containers [Container], 3 restartPolicy?, 4 terminationGracePeriodSeconds int64, 5 activeDeadlineSeconds int64, 6 dnsPolicy?, 7 nodeSelector? {}, 8 serviceAccountName?, 9 serviceAccount?, 10 nodeName?, 11 hostNetwork? bool, 12 hostPID? bool, 13 hostIPC? bool, 14 securityContext PodSecurityContext, 15 imagePullSecrets? [LocalObjectReference], 16 hostname?, 17 subdomain?, 18 affinity Affinity, 19 schedulerName?, 20 initContainers? [Container], 21 automountServiceAccountToken bool, 22 tolerations? [Toleration], 23 hostAliases? [HostAlias], 24 priorityClassName?, 25 priority int32, 26 dnsConfig PodDNSConfig, 27 shareProcessNamespace bool, 28 readinessGates? [PodReadinessGate], 29 runtimeClassName, 30 enableServiceLinks bool, 31 preemptionPolicy, 32 overhead? {quantity}, 33 topologySpreadConstraints? [TopologySpreadConstraint], 34 ephemeralContainers? [EphemeralContainer], 35 setHostnameAsFQDN bool, 36 os PodOS, 37 hostUsers bool, 38 schedulingGates? [PodSchedulingGate], 39 resourceClaims? [PodResourceClaim], 40 resources ResourceRequirements, 41 hostnameOverride, 43 schedulingGroup PodSchedulingGroup
Volume: 1 name, 2 + VolumeSource
VolumeSource: 1 hostPath HostPathVolumeSource, 2 emptyDir EmptyDirVolumeSource, 3 gcePersistentDisk GCEPersistentDiskVolumeSource, 4 awsElasticBlockStore AWSElasticBlockStoreVolumeSource, 5 gitRepo GitRepoVolumeSource, 6 secret SecretVolumeSource, 7 nfs NFSVolumeSource, 8 iscsi ISCSIVolumeSource, 9 glusterfs GlusterfsVolumeSource, 10 persistentVolumeClaim PersistentVolumeClaimVolumeSource, 11 rbd RBDVolumeSource, 12 flexVolume FlexVolumeSource, 13 cinder CinderVolumeSource, 14 cephfs CephFSVolumeSource, 15 flocker FlockerVolumeSource, 16 downwardAPI DownwardAPIVolumeSource, 17 fc FCVolumeSource, 18 azureFile AzureFileVolumeSource, 19 configMap ConfigMapVolumeSource, 20 vsphereVolume VsphereVirtualDiskVolumeSource, 21 quobyte QuobyteVolumeSource, 22 azureDisk AzureDiskVolumeSource, 23 photonPersistentDisk PhotonPersistentDiskVolumeSource, 24 portworxVolume PortworxVolumeSource, 25 scaleIO ScaleIOVolumeSource, 26 projected ProjectedVolumeSource, 27 storageos StorageOSVolumeSource, 28 csi CSIVolumeSource, 29 ephemeral EphemeralVolumeSource, 30 image ImageVolumeSource
HostPathVolumeSource: 1 path, 2 type
EmptyDirVolumeSource: 1 medium?, 2 sizeLimit quantity
GCEPersistentDiskVolumeSource: 1 pdName, 2 fsType?, 3 partition? int32, 4 readOnly? bool
AWSElasticBlockStoreVolumeSource: 1 volumeID, 2 fsType?, 3 partition? int32, 4 readOnly? bool
GitRepoVolumeSource: 1 repository, 2 revision?, 3 directory?
SecretVolumeSource: 1 secretName?, 2 items? [KeyToPath], 3 defaultMode int32, 4 optional bool
KeyToPath: 1 key, 2 path, 3 mode int32
NFSVolumeSource: 1 server, 2 path, 3 readOnly? bool
ISCSIVolumeSource: 1 targetPortal, 2 iqn, 3 lun int32, 4 iscsiInterface?, 5 fsType?, 6 readOnly? bool, 7 portals? [], 8 chapAuthDiscovery? bool, 10 secretRef LocalObjectReference, 11 chapAuthSession? bool, 12 initiatorName
GlusterfsVolumeSource: 1 endpoints, 2 path, 3 readOnly? bool
PersistentVolumeClaimVolumeSource: 1 claimName, 2 readOnly? bool
RBDVolumeSource: 1 monitors [], 2 image, 3 fsType?, 4 pool?, 5 user?, 6 keyring?, 7 secretRef LocalObjectReference, 8 readOnly? bool
FlexVolumeSource: 1 driver, 2 fsType?, 3 secretRef LocalObjectReference, 4 readOnly? bool, 5 options? {}
CinderVolumeSource: 1 volumeID, 2 fsType?, 3 readOnly? bool, 4 secretRef LocalObjectReference
CephFSVolumeSource: 1 monitors [], 2 path?, 3 user?, 4 secretFile?, 5 secretRef LocalObjectReference, 6 readOnly? bool
FlockerVolumeSource: 1 datasetName?, 2 datasetUUID?
DownwardAPIVolumeSource: 1 items? [DownwardAPIVolumeFile], 2 defaultMode int32
DownwardAPIVolumeFile: 1 path, 2 fieldRef ObjectFieldSelector, 3 resourceFieldRef ResourceFieldSelector, 4 mode int32
ObjectFieldSelector: 1 apiVersion?, 2 fieldPath
ResourceFieldSelector: 1 containerName?, 2 resource, 3 divisor? quantity
FCVolumeSource: 1 targetWWNs? [], 2 lun int32, 3 fsType?, 4 readOnly? bool, 5 wwids? []
AzureFileVolumeSource: 1 secretName, 2 shareName, 3 readOnly? bool
ConfigMapVolumeSource: 1 + LocalObjectReference, 2 items? [KeyToPath], 3 defaultMode int32, 4 optional bool
VsphereVirtualDiskVolumeSource: 1 volumePath, 2 fsType?, 3 storagePolicyName?, 4 storagePolicyID?
QuobyteVolumeSource: 1 registry, 2 volume, 3 readOnly? bool, 4 user?, 5 group?, 6 tenant?
AzureDiskVolumeSource: 1 diskName, 2 diskURI, 3 cachingMode, 4 fsType, 5 readOnly bool, 6 kind
PhotonPersistentDiskVolumeSource: 1 pdID, 2 fsType?
ProjectedVolumeSource: 1 sources [VolumeProjection], 2 defaultMode int32
VolumeProjection: 1 secret SecretProjection, 2 downwardAPI DownwardAPIProjection, 3 configMap ConfigMapProjection, 4 serviceAccountToken ServiceAccountTokenProjection, 5 clusterTrustBundle ClusterTrustBundleProjection, 6 podCertificate PodCertificateProjection
SecretProjection: 1 + LocalObjectReference, 2 items? [KeyToPath], 4 optional bool
DownwardAPIProjection: 1 items? [DownwardAPIVolumeFile]
ConfigMapProjection: 1 + LocalObjectReference, 2 items? [KeyToPath], 4 optional bool
ServiceAccountTokenProjection: 1 audience?, 2 expirationSeconds int64, 3 path
ClusterTrustBundleProjection: 1 name, 2 signerName, 3 labelSelector LabelSelector, 4 path, 5 optional bool
LabelSelector: 1 matchLabels? {}, 2 matchExpressions? [LabelSelectorRequirement]
LabelSelectorRequirement: 1 key, 2 operator, 3 values? []
PodCertificateProjection: 1 signerName?, 2 keyType?, 3 maxExpirationSeconds int32, 4 credentialBundlePath?, 5 keyPath?, 6 certificateChainPath?, 7 userAnnotations? {}
PortworxVolumeSource: 1 volumeID, 2 fsType?, 3 readOnly? bool
ScaleIOVolumeSource: 1 gateway, 2 system, 3 secretRef LocalObjectReference, 4 sslEnabled? bool, 5 protectionDomain?, 6 storagePool?, 7 storageMode?, 8 volumeName?, 9 fsType?, 10 readOnly? bool
StorageOSVolumeSource: 1 volumeName?, 2 volumeNamespace?, 3 fsType?, 4 readOnly? bool, 5 secretRef LocalObjectReference
CSIVolumeSource: 1 driver, 2 readOnly bool, 3 fsType, 4 volumeAttributes? {}, 5 nodePublishSecretRef LocalObjectReference
EphemeralVolumeSource: 1 volumeClaimTemplate PersistentVolumeClaimTemplate
PersistentVolumeClaimTemplate: 1 metadata? ObjectMeta, 2 spec PersistentVolumeClaimSpec
PersistentVolumeClaimSpec: 1 accessModes? [], 2 resources? VolumeResourceRequirements, 3 volumeName?, 4 selector LabelSelector, 5 storageClassName, 6 volumeMode, 7 dataSource TypedLocalObjectReference, 8 dataSourceRef TypedObjectReference, 9 volumeAttributesClassName
VolumeResourceRequirements: 1 limits? {quantity}, 2 requests? {quantity}
TypedLocalObjectReference: 1 apiGroup, 2 kind, 3 name
TypedObjectReference: 1 apiGroup, 2 kind, 3 name, 4 namespace
ImageVolumeSource: 1 reference?, 2 pullPolicy?
Container: 1 name, 2 image?, 3 command? [], 4 args? [], 5 workingDir?, 6 ports? [ContainerPort], 7 env? [EnvVar], 8 resources? ResourceRequirements, 9 volumeMounts? [VolumeMount], 10 livenessProbe Probe, 11 readinessProbe Probe, 12 lifecycle Lifecycle, 13 terminationMessagePath?, 14 imagePullPolicy?, 15 securityContext SecurityContext, 16 stdin? bool, 17 stdinOnce? bool, 18 tty? bool, 19 envFrom? [EnvFromSource], 20 terminationMessagePolicy?, 21 volumeDevices? [VolumeDevice], 22 startupProbe Probe, 23 resizePolicy? [ContainerResizePolicy], 24 restartPolicy, 25 restartPolicyRules? [ContainerRestartRule]
ContainerPort: 1 name?, 2 hostPort? int32, 3 containerPort int32, 4 protocol?, 5 hostIP?
EnvFromSource: 1 prefix?, 2 configMapRef ConfigMapEnvSource, 3 secretRef SecretEnvSource
ConfigMapEnvSource: 1 + LocalObjectReference, 2 optional bool
SecretEnvSource: 1 + LocalObjectReference, 2 optional bool
EnvVar: 1 name, 2 value?, 3 valueFrom EnvVarSource
EnvVarSource: 1 fieldRef ObjectFieldSelector, 2 resourceFieldRef ResourceFieldSelector, 3 configMapKeyRef ConfigMapKeySelector, 4 secretKeyRef SecretKeySelector, 5 fileKeyRef FileKeySelector
ConfigMapKeySelector: 1 + LocalObjectReference, 2 key, 3 optional bool
SecretKeySelector: 1 + LocalObjectReference, 2 key, 3 optional bool
FileKeySelector: 1 volumeName, 2 path, 3 key, 4 optional bool
ResourceRequirements: 1 limits? {quantity}, 2 requests? {quantity}, 3 claims? [ResourceClaim]
ResourceClaim: 1 name, 2 request?
ContainerResizePolicy: 1 resourceName, 2 restartPolicy
ContainerRestartRule: 1 action?, 2 exitCodes ContainerRestartRuleOnExitCodes
ContainerRestartRuleOnExitCodes: 1 operator?, 2 values? [int32]
VolumeMount: 1 name, 2 readOnly? bool, 3 mountPath, 4 subPath?, 5 mountPropagation, 6 subPathExpr?, 7 recursiveReadOnly
VolumeDevice: 1 name, 2 devicePath
Probe: 1 + ProbeHandler, 2 initialDelaySeconds? int32, 3 timeoutSeconds? int32, 4 periodSeconds? int32, 5 successThreshold? int32, 6 failureThreshold? int32, 7 terminationGracePeriodSeconds int64
ProbeHandler: 1 exec ExecAction, 2 httpGet HTTPGetAction, 3 tcpSocket TCPSocketAction, 4 grpc GRPCAction
ExecAction: 1 command? []
HTTPGetAction: 1 path?, 2 port intstr, 3 host?, 4 scheme?, 5 httpHeaders? [HTTPHeader]
HTTPHeader: 1 name, 2 value
TCPSocketAction: 1 port intstr, 2 host?
GRPCAction: 1 port int32, 2 service
Lifecycle: 1 postStart LifecycleHandler, 2 preStop LifecycleHandler, 3 stopSignal
LifecycleHandler: 1 exec ExecAction, 2 httpGet HTTPGetAction, 3 tcpSocket TCPSocketAction, 4 sleep SleepAction
SleepAction: 1 seconds int64
SecurityContext: 1 capabilities Capabilities, 2 privileged bool, 3 seLinuxOptions SELinuxOptions, 4 runAsUser int64, 5 runAsNonRoot bool, 6 readOnlyRootFilesystem bool, 7 allowPrivilegeEscalation bool, 8 runAsGroup int64, 9 procMount, 10 windowsOptions WindowsSecurityContextOptions, 11 seccompProfile SeccompProfile, 12 appArmorProfile AppArmorProfile
Capabilities: 1 add? [], 2 drop? []
SELinuxOptions: 1 user?, 2 role?, 3 type?, 4 level?
WindowsSecurityContextOptions: 1 gmsaCredentialSpecName, 2 gmsaCredentialSpec, 3 runAsUserName, 4 hostProcess bool
SeccompProfile: 1 type, 2 localhostProfile
AppArmorProfile: 1 type, 2 localhostProfile
EphemeralContainer: 1 + EphemeralContainerCommon, 2 targetContainerName?
EphemeralContainerCommon: 1 name, 2 image?, 3 command? [], 4 args? [], 5 workingDir?, 6 ports? [ContainerPort], 7 env? [EnvVar], 8 resources? ResourceRequirements, 9 volumeMounts? [VolumeMount], 10 livenessProbe Probe, 11 readinessProbe Probe, 12 lifecycle Lifecycle, 13 terminationMessagePath?, 14 imagePullPolicy?, 15 securityContext SecurityContext, 16 stdin? bool, 17 stdinOnce? bool, 18 tty? bool, 19 envFrom? [EnvFromSource], 20 terminationMessagePolicy?, 21 volumeDevices? [VolumeDevice], 22 startupProbe Probe, 23 resizePolicy? [ContainerResizePolicy], 24 restartPolicy, 25 restartPolicyRules? [ContainerRestartRule]
PodSecurityContext: 1 seLinuxOptions SELinuxOptions, 2 runAsUser int64, 3 runAsNonRoot bool, 4 supplementalGroups? [int64], 5 fsGroup int64, 6 runAsGroup int64, 7 sysctls? [Sysctl], 8 windowsOptions WindowsSecurityContextOptions, 9 fsGroupChangePolicy, 10 seccompProfile SeccompProfile, 11 appArmorProfile AppArmorProfile, 12 supplementalGroupsPolicy, 13 seLinuxChangePolicy
Sysctl: 1 name, 2 value
Affinity: 1 nodeAffinity NodeAffinity, 2 podAffinity PodAffinity, 3 podAntiAffinity PodAntiAffinity
NodeAffinity: 1 requiredDuringSchedulingIgnoredDuringExecution NodeSelector, 2 preferredDuringSchedulingIgnoredDuringExecution? [PreferredSchedulingTerm]
NodeSelector: 1 nodeSelectorTerms [NodeSelectorTerm]
NodeSelectorTerm: 1 matchExpressions? [NodeSelectorRequirement], 2 matchFields? [NodeSelectorRequirement]
NodeSelectorRequirement: 1 key, 2 operator, 3 values? []
PreferredSchedulingTerm: 1 weight int32, 2 preference NodeSelectorTerm
PodAffinity: 1 requiredDuringSchedulingIgnoredDuringExecution? [PodAffinityTerm], 2 preferredDuringSchedulingIgnoredDuringExecution? [WeightedPodAffinityTerm]
PodAffinityTerm: 1 labelSelector LabelSelector, 2 namespaces? [], 3 topologyKey, 4 namespaceSelector LabelSelector, 5 matchLabelKeys? [], 6 mismatchLabelKeys? []
WeightedPodAffinityTerm: 1 weight int32, 2 podAffinityTerm PodAffinityTerm
PodAntiAffinity: 1 requiredDuringSchedulingIgnoredDuringExecution? [PodAffinityTerm], 2 preferredDuringSchedulingIgnoredDuringExecution? [WeightedPodAffinityTerm]
Toleration: 1 key?, 2 operator?, 3 value?, 4 effect?, 5 tolerationSeconds int64
HostAlias: 1 ip, 2 hostnames? []
PodDNSConfig: 1 nameservers? [], 2 searches? [], 3 options? [PodDNSConfigOption]
PodDNSConfigOption: 1 name?, 2 value
PodReadinessGate: 1 conditionType
TopologySpreadConstraint: 1 maxSkew int32, 2 topologyKey, 3 whenUnsatisfiable, 4 labelSelector LabelSelector, 5 minDomains int32, 6 nodeAffinityPolicy, 7 nodeTaintsPolicy, 8 matchLabelKeys? []
PodOS: 1 name
PodSchedulingGate: 1 name
PodResourceClaim: 1 name, 3 resourceClaimName, 4 resourceClaimTemplateName
PodSchedulingGroup: 1 podGroupName
PodStatus: 1 phase?, 2 conditions? [PodCondition], 3 message?, 4 reason?, 5 hostIP?, 6 podIP?, 7 startTime time, 8 containerStatuses? [ContainerStatus], 9 qosClass?, 10 initContainerStatuses? [ContainerStatus], 11 nominatedNodeName?, 12 podIPs? [PodIP], 13 ephemeralContainerStatuses? [ContainerStatus], 14 resize?, 15 resourceClaimStatuses? [PodResourceClaimStatus], 16 hostIPs? [HostIP], 17 observedGeneration? int64, 18 extendedResourceClaimStatus PodExtendedResourceClaimStatus, 19 allocatedResources? {quantity}, 20 resources ResourceRequirements, 21 nodeAllocatableResourceClaimStatuses? [NodeAllocatableResourceClaimStatus]
PodCondition: 1 type, 2 status, 3 lastProbeTime? time, 4 lastTransitionTime? time, 5 reason?, 6 message?, 7 observedGeneration? int64
HostIP: 1 ip
PodIP: 1 ip
ContainerStatus: 1 name, 2 state? ContainerState, 3 lastState? ContainerState, 4 ready bool, 5 restartCount int32, 6 image, 7 imageID, 8 containerID?, 9 started bool, 10 allocatedResources? {quantity}, 11 resources ResourceRequirements, 12 volumeMounts? [VolumeMountStatus], 13 user ContainerUser, 14 allocatedResourcesStatus? [ResourceStatus], 15 stopSignal
ContainerState: 1 waiting ContainerStateWaiting, 2 running ContainerStateRunning, 3 terminated ContainerStateTerminated
ContainerStateWaiting: 1 reason?, 2 message?
ContainerStateRunning: 1 startedAt? time
ContainerStateTerminated: 1 exitCode int32, 2 signal? int32, 3 reason?, 4 message?, 5 startedAt? time, 6 finishedAt? time, 7 containerID?
VolumeMountStatus: 1 name, 2 mountPath, 3 readOnly? bool, 4 recursiveReadOnly, 5 volumeStatus VolumeStatus
VolumeStatus: 1 image ImageVolumeStatus
ImageVolumeStatus: 1 imageRef?
ContainerUser: 1 linux LinuxContainerUser
LinuxContainerUser: 1 uid int64, 2 gid int64, 3 supplementalGroups? [int64]
ResourceStatus: 1 name, 2 resources? [ResourceHealth]
ResourceHealth: 1 resourceID, 2 health?, 6 message
PodResourceClaimStatus: 1 name, 2 resourceClaimName
PodExtendedResourceClaimStatus: 1 requestMappings [ContainerExtendedResourceRequest], 2 resourceClaimName
ContainerExtendedResourceRequest: 1 containerName, 2 resourceName, 3 requestName
NodeAllocatableResourceClaimStatus: 1 resourceClaimName, 2 containers? [], 3 resources {quantity}
Deployment: 1 metadata? ObjectMeta, 2 spec? DeploymentSpec, 3 status? DeploymentStatus
DeploymentSpec: 1 replicas int32, 2 selector LabelSelector, 3 template PodTemplateSpec, 4 strategy? DeploymentStrategy, 5 minReadySeconds? int32, 6 revisionHistoryLimit int32, 7 paused? bool, 9 progressDeadlineSeconds int32
PodTemplateSpec: 1 metadata? ObjectMeta, 2 spec? PodSpec
DeploymentStrategy: 1 type?, 2 rollingUpdate RollingUpdateDeployment
RollingUpdateDeployment: 1 maxUnavailable intstr, 2 maxSurge intstr
DeploymentStatus: 1 observedGeneration? int64, 2 replicas? int32, 3 updatedReplicas? int32, 4 availableReplicas? int32, 5 unavailableReplicas? int32, 6 conditions? [DeploymentCondition], 7 readyReplicas? int32, 8 collisionCount int32, 9 terminatingReplicas int32
DeploymentCondition: 1 type, 2 status, 4 reason?, 5 message?, 6 lastUpdateTime? time, 7 lastTransitionTime? time
ReplicaSet: 1 metadata? ObjectMeta, 2 spec? ReplicaSetSpec, 3 status? ReplicaSetStatus
ReplicaSetSpec: 1 replicas int32, 2 selector LabelSelector, 3 template? PodTemplateSpec, 4 minReadySeconds? int32
ReplicaSetStatus: 1 replicas int32, 2 fullyLabeledReplicas? int32, 3 observedGeneration? int64, 4 readyReplicas? int32, 5 availableReplicas? int32, 6 conditions? [ReplicaSetCondition], 7 terminatingReplicas int32
ReplicaSetCondition: 1 type, 2 status, 3 lastTransitionTime? time, 4 reason?, 5 message?
StatefulSet: 1 metadata? ObjectMeta, 2 spec? StatefulSetSpec, 3 status? StatefulSetStatus
StatefulSetSpec: 1 replicas int32, 2 selector LabelSelector, 3 template PodTemplateSpec, 4 volumeClaimTemplates? [PersistentVolumeClaim], 5 serviceName?, 6 podManagementPolicy?, 7 updateStrategy? StatefulSetUpdateStrategy, 8 revisionHistoryLimit int32, 9 minReadySeconds? int32, 10 persistentVolumeClaimRetentionPolicy StatefulSetPersistentVolumeClaimRetentionPolicy, 11 ordinals StatefulSetOrdinals
StatefulSetUpdateStrategy: 1 type?, 2 rollingUpdate RollingUpdateStatefulSetStrategy
RollingUpdateStatefulSetStrategy: 1 partition int32, 2 maxUnavailable intstr
StatefulSetPersistentVolumeClaimRetentionPolicy: 1 whenDeleted?, 2 whenScaled?
StatefulSetOrdinals: 1 start int32
StatefulSetStatus: 1 observedGeneration? int64, 2 replicas int32, 3 readyReplicas? int32, 4 currentReplicas? int32, 5 updatedReplicas? int32, 6 currentRevision?, 7 updateRevision?, 9 collisionCount int32, 10 conditions? [StatefulSetCondition], 11 availableReplicas int32
StatefulSetCondition: 1 type, 2 status, 3 lastTransitionTime? time, 4 reason?, 5 message?
DaemonSet: 1 metadata? ObjectMeta, 2 spec? DaemonSetSpec, 3 status? DaemonSetStatus
DaemonSetSpec: 1 selector LabelSelector, 2 template PodTemplateSpec, 3 updateStrategy? DaemonSetUpdateStrategy, 4 minReadySeconds? int32, 6 revisionHistoryLimit int32
DaemonSetUpdateStrategy: 1 type?, 2 rollingUpdate RollingUpdateDaemonSet
RollingUpdateDaemonSet: 1 maxUnavailable intstr, 2 maxSurge intstr
DaemonSetStatus: 1 currentNumberScheduled int32, 2 numberMisscheduled int32, 3 desiredNumberScheduled int32, 4 numberReady int32, 5 observedGeneration? int64, 6 updatedNumberScheduled? int32, 7 numberAvailable? int32, 8 numberUnavailable? int32, 9 collisionCount int32, 10 conditions? [DaemonSetCondition]
DaemonSetCondition: 1 type, 2 status, 3 lastTransitionTime? time, 4 reason?, 5 message?
ControllerRevision: 1 metadata? ObjectMeta, 2 data? json, 3 revision int64
CronJob: 1 metadata? ObjectMeta, 2 spec? CronJobSpec, 3 status? CronJobStatus
CronJobSpec: 1 schedule, 2 startingDeadlineSeconds int64, 3 concurrencyPolicy?, 4 suspend bool, 5 jobTemplate JobTemplateSpec, 6 successfulJobsHistoryLimit int32, 7 failedJobsHistoryLimit int32, 8 timeZone
JobTemplateSpec: 1 metadata? ObjectMeta, 2 spec? JobSpec
CronJobStatus: 1 active? [ObjectReference], 4 lastScheduleTime time, 5 lastSuccessfulTime time
Job: 1 metadata? ObjectMeta, 2 spec? JobSpec, 3 status? JobStatus
JobSpec: 1 parallelism int32, 2 completions int32, 3 activeDeadlineSeconds int64, 4 selector LabelSelector, 5 manualSelector bool, 6 template PodTemplateSpec, 7 backoffLimit int32, 8 ttlSecondsAfterFinished int32, 9 completionMode, 10 suspend bool, 11 podFailurePolicy PodFailurePolicy, 12 backoffLimitPerIndex int32, 13 maxFailedIndexes int32, 14 podReplacementPolicy, 15 managedBy, 16 successPolicy SuccessPolicy
PodFailurePolicy: 1 rules [PodFailurePolicyRule]
PodFailurePolicyRule: 1 action, 2 onExitCodes PodFailurePolicyOnExitCodesRequirement, 3 onPodConditions? [PodFailurePolicyOnPodConditionsPattern]
PodFailurePolicyOnExitCodesRequirement: 1 containerName, 2 operator, 3 values [int32]
PodFailurePolicyOnPodConditionsPattern: 1 type, 2 status
SuccessPolicy: 1 rules [SuccessPolicyRule]
SuccessPolicyRule: 1 succeededIndexes, 2 succeededCount int32
JobStatus: 1 conditions? [JobCondition], 2 startTime time, 3 completionTime time, 4 active? int32, 5 succeeded? int32, 6 failed? int32, 7 completedIndexes?, 8 uncountedTerminatedPods UncountedTerminatedPods, 9 ready int32, 10 failedIndexes, 11 terminating int32
JobCondition: 1 type, 2 status, 3 lastProbeTime? time, 4 lastTransitionTime? time, 5 reason?, 6 message?
UncountedTerminatedPods: 1 succeeded? [], 2 failed? []
Scale: 1 metadata? ObjectMeta, 2 spec? ScaleSpec, 3 status? ScaleStatus
ScaleSpec: 1 replicas? int32
ScaleStatus: 1 replicas int32, 2 selector?
HorizontalPodAutoscaler: 1 metadata? ObjectMeta, 2 spec? HorizontalPodAutoscalerSpec, 3 status? HorizontalPodAutoscalerStatus
HorizontalPodAutoscalerSpec: 1 scaleTargetRef CrossVersionObjectReference, 2 minReplicas int32, 3 maxReplicas int32, 4 metrics? [MetricSpec], 5 behavior HorizontalPodAutoscalerBehavior
CrossVersionObjectReference: 1 kind, 2 name, 3 apiVersion?
MetricSpec: 1 type, 2 object ObjectMetricSource, 3 pods PodsMetricSource, 4 resource ResourceMetricSource, 5 external ExternalMetricSource, 7 containerResource ContainerResourceMetricSource
ObjectMetricSource: 1 describedObject CrossVersionObjectReference, 2 target MetricTarget, 3 metric MetricIdentifier
MetricTarget: 1 type, 2 value quantity, 3 averageValue quantity, 4 averageUtilization int32
MetricIdentifier: 1 name, 2 selector LabelSelector
PodsMetricSource: 1 metric MetricIdentifier, 2 target MetricTarget
ResourceMetricSource: 1 name, 2 target MetricTarget
ContainerResourceMetricSource: 1 name, 2 target MetricTarget, 3 container
ExternalMetricSource: 1 metric MetricIdentifier, 2 target MetricTarget
HorizontalPodAutoscalerBehavior: 1 scaleUp HPAScalingRules, 2 scaleDown HPAScalingRules
HPAScalingRules: 1 selectPolicy, 2 policies? [HPAScalingPolicy], 3 stabilizationWindowSeconds int32, 4 tolerance quantity
HPAScalingPolicy: 1 type, 2 value int32, 3 periodSeconds int32
HorizontalPodAutoscalerStatus: 1 observedGeneration int64, 2 lastScaleTime time, 3 currentReplicas? int32, 4 desiredReplicas int32, 5 currentMetrics [MetricStatus], 6 conditions? [HorizontalPodAutoscalerCondition]
MetricStatus: 1 type, 2 object ObjectMetricStatus, 3 pods PodsMetricStatus, 4 resource ResourceMetricStatus, 5 external ExternalMetricStatus, 7 containerResource ContainerResourceMetricStatus
ObjectMetricStatus: 1 metric MetricIdentifier, 2 current MetricValueStatus, 3 describedObject CrossVersionObjectReference
MetricValueStatus: 1 value quantity, 2 averageValue quantity, 3 averageUtilization int32
PodsMetricStatus: 1 metric MetricIdentifier, 2 current MetricValueStatus
ResourceMetricStatus: 1 name, 2 current MetricValueStatus
ContainerResourceMetricStatus: 1 name, 2 current MetricValueStatus, 3 container
ExternalMetricStatus: 1 metric MetricIdentifier, 2 current MetricValueStatus
HorizontalPodAutoscalerCondition: 1 type, 2 status, 3 lastTransitionTime? time, 4 reason?, 5 message?
PodDisruptionBudget: 1 metadata? ObjectMeta, 2 spec? PodDisruptionBudgetSpec, 3 status? PodDisruptionBudgetStatus
PodDisruptionBudgetSpec: 1 minAvailable intstr, 2 selector LabelSelector, 3 maxUnavailable intstr, 4 unhealthyPodEvictionPolicy
PodDisruptionBudgetStatus: 1 observedGeneration? int64, 2 disruptedPods? {time}, 3 disruptionsAllowed int32, 4 currentHealthy int32, 5 desiredHealthy int32, 6 expectedPods int32, 7 conditions? [Condition]
Eviction: 1 metadata? ObjectMeta, 2 deleteOptions DeleteOptions
Ingress: 1 metadata? ObjectMeta, 2 spec? IngressSpec, 3 status? IngressStatus
IngressSpec: 1 defaultBackend IngressBackend, 2 tls? [IngressTLS], 3 rules? [IngressRule], 4 ingressClassName
IngressBackend: 3 resource TypedLocalObjectReference, 4 service IngressServiceBackend
IngressServiceBackend: 1 name, 2 port? ServiceBackendPort
ServiceBackendPort: 1 name?, 2 number? int32
IngressTLS: 1 hosts? [], 2 secretName?
IngressRule: 1 host?, 2 + IngressRuleValue
IngressRuleValue: 1 http HTTPIngressRuleValue
HTTPIngressRuleValue: 1 paths [HTTPIngressPath]
HTTPIngressPath: 1 path?, 2 backend IngressBackend, 3 pathType
IngressStatus: 1 loadBalancer? IngressLoadBalancerStatus
IngressLoadBalancerStatus: 1 ingress? [IngressLoadBalancerIngress]
IngressLoadBalancerIngress: 1 ip?, 2 hostname?, 4 ports? [IngressPortStatus]
IngressPortStatus: 1 port int32, 2 protocol, 3 error
IngressClass: 1 metadata? ObjectMeta, 2 spec? IngressClassSpec
IngressClassSpec: 1 controller?, 2 parameters IngressClassParametersReference
IngressClassParametersReference: 1 apiGroup, 2 kind, 3 name, 4 scope, 5 namespace
PriorityClass: 1 metadata? ObjectMeta, 2 value int32, 3 globalDefault? bool, 4 description?, 5 preemptionPolicy
StorageClass: 1 metadata? ObjectMeta, 2 provisioner, 3 parameters? {}, 4 reclaimPolicy, 5 mountOptions? [], 6 allowVolumeExpansion bool, 7 volumeBindingMode, 8 allowedTopologies? [TopologySelectorTerm]
TopologySelectorTerm: 1 matchLabelExpressions? [TopologySelectorLabelRequirement]
TopologySelectorLabelRequirement: 1 key, 2 values []
NetworkPolicy: 1 metadata? ObjectMeta, 2 spec? NetworkPolicySpec
NetworkPolicySpec: 1 podSelector LabelSelector, 2 ingress? [NetworkPolicyIngressRule], 3 egress? [NetworkPolicyEgressRule], 4 policyTypes? []
NetworkPolicyIngressRule: 1 ports? [NetworkPolicyPort], 2 from? [NetworkPolicyPeer]
NetworkPolicyPort: 1 protocol, 2 port intstr, 3 endPort int32
NetworkPolicyPeer: 1 podSelector LabelSelector, 2 namespaceSelector LabelSelector, 3 ipBlock IPBlock
IPBlock: 1 cidr, 2 except? []
NetworkPolicyEgressRule: 1 ports? [NetworkPolicyPort], 2 to? [NetworkPolicyPeer]
EndpointSlice: 1 metadata? ObjectMeta, 2 endpoints [Endpoint], 3 ports [discovery.EndpointPort], 4 addressType
Endpoint: 1 addresses [], 2 conditions? EndpointConditions, 3 hostname, 4 targetRef ObjectReference, 5 deprecatedTopology? {}, 6 nodeName, 7 zone, 8 hints EndpointHints
EndpointConditions: 1 ready bool, 2 serving bool, 3 terminating bool
EndpointHints: 1 forZones? [ForZone], 2 forNodes? [ForNode]
ForZone: 1 name
ForNode: 1 name
discovery.EndpointPort: 1 name, 2 protocol, 3 port int32, 4 appProtocol
Lease: 1 metadata? ObjectMeta, 2 spec? LeaseSpec
LeaseSpec: 1 holderIdentity, 2 leaseDurationSeconds int32, 3 acquireTime microtime, 4 renewTime microtime, 5 leaseTransitions int32, 6 strategy, 7 preferredHolder
Role: 1 metadata? ObjectMeta, 2 rules [PolicyRule]
PolicyRule: 1 verbs [], 2 apiGroups? [], 3 resources? [], 4 resourceNames? [], 5 nonResourceURLs? []
RoleBinding: 1 metadata? ObjectMeta, 2 subjects? [Subject], 3 roleRef RoleRef
ClusterRole: 1 metadata? ObjectMeta, 2 rules [PolicyRule], 3 aggregationRule AggregationRule
AggregationRule: 1 clusterRoleSelectors? [LabelSelector]
ClusterRoleBinding: 1 metadata? ObjectMeta, 2 subjects? [Subject], 3 roleRef RoleRef
Subject: 1 kind, 2 apiGroup?, 3 name, 4 namespace?
RoleRef: 1 apiGroup, 2 kind, 3 name
PersistentVolumeClaim: 1 metadata? ObjectMeta, 2 spec? PersistentVolumeClaimSpec, 3 status? PersistentVolumeClaimStatus
PersistentVolumeClaimStatus: 1 phase?, 2 accessModes? [], 3 capacity? {quantity}, 4 conditions? [PersistentVolumeClaimCondition], 5 allocatedResources? {quantity}, 7 allocatedResourceStatuses? {}, 8 currentVolumeAttributesClassName, 9 modifyVolumeStatus ModifyVolumeStatus
PersistentVolumeClaimCondition: 1 type, 2 status, 3 lastProbeTime? time, 4 lastTransitionTime? time, 5 reason?, 6 message?
ModifyVolumeStatus: 1 targetVolumeAttributesClassName?, 2 status
ResourceQuota: 1 metadata? ObjectMeta, 2 spec? ResourceQuotaSpec, 3 status? ResourceQuotaStatus
ResourceQuotaSpec: 1 hard? {quantity}, 2 scopes? [], 3 scopeSelector ScopeSelector
ScopeSelector: 1 matchExpressions? [ScopedResourceSelectorRequirement]
ScopedResourceSelectorRequirement: 1 scopeName, 2 operator, 3 values? []
ResourceQuotaStatus: 1 hard? {quantity}, 2 used? {quantity}
LimitRange: 1 metadata? ObjectMeta, 2 spec? LimitRangeSpec
LimitRangeSpec: 1 limits [LimitRangeItem]
LimitRangeItem: 1 type, 2 max? {quantity}, 3 min? {quantity}, 4 default? {quantity}, 5 defaultRequest? {quantity}, 6 maxLimitRequestRatio? {quantity}
Node: 1 metadata? ObjectMeta, 2 spec? NodeSpec, 3 status? NodeStatus
NodeSpec: 1 podCIDR?, 2 externalID?, 3 providerID?, 4 unschedulable? bool, 5 taints? [Taint], 6 configSource NodeConfigSource, 7 podCIDRs? []
Taint: 1 key, 2 value?, 3 effect, 4 timeAdded time
NodeConfigSource: 2 configMap ConfigMapNodeConfigSource
ConfigMapNodeConfigSource: 1 namespace, 2 name, 3 uid?, 4 resourceVersion?, 5 kubeletConfigKey
NodeStatus: 1 capacity? {quantity}, 2 allocatable? {quantity}, 3 phase?, 4 conditions? [NodeCondition], 5 addresses? [NodeAddress], 6 daemonEndpoints? NodeDaemonEndpoints, 7 nodeInfo? NodeSystemInfo, 8 images? [ContainerImage], 9 volumesInUse? [], 10 volumesAttached? [AttachedVolume], 11 config NodeConfigStatus, 12 runtimeHandlers? [NodeRuntimeHandler], 13 features NodeFeatures, 14 declaredFeatures? []
NodeCondition: 1 type, 2 status, 3 lastHeartbeatTime? time, 4 lastTransitionTime? time, 5 reason?, 6 message?
NodeAddress: 1 type, 2 address
NodeDaemonEndpoints: 1 kubeletEndpoint? DaemonEndpoint
DaemonEndpoint: 1 Port int32
NodeSystemInfo: 1 machineID, 2 systemUUID, 3 bootID, 4 kernelVersion, 5 osImage, 6 containerRuntimeVersion, 7 kubeletVersion, 8 kubeProxyVersion, 9 operatingSystem, 10 architecture, 11 swap NodeSwapStatus
NodeSwapStatus: 1 capacity int64
ContainerImage: 1 names [], 2 sizeBytes? int64
AttachedVolume: 1 name, 2 devicePath
NodeConfigStatus: 1 assigned NodeConfigSource, 2 active NodeConfigSource, 3 lastKnownGood NodeConfigSource, 4 error?
NodeRuntimeHandler: 1 name, 2 features NodeRuntimeHandlerFeatures
NodeRuntimeHandlerFeatures: 1 recursiveReadOnlyMounts bool, 2 userNamespaces bool
NodeFeatures: 1 supplementalGroupsPolicy bool
SelfSubjectAccessReview: 1 metadata? ObjectMeta, 2 spec SelfSubjectAccessReviewSpec, 3 status? SubjectAccessReviewStatus
SelfSubjectAccessReviewSpec: 1 resourceAttributes ResourceAttributes, 2 nonResourceAttributes NonResourceAttributes
ResourceAttributes: 1 namespace?, 2 verb?, 3 group?, 4 version?, 5 resource?, 6 subresource?, 7 name?, 8 fieldSelector FieldSelectorAttributes, 9 labelSelector LabelSelectorAttributes
FieldSelectorAttributes: 1 rawSelector?, 2 requirements? [FieldSelectorRequirement]
FieldSelectorRequirement: 1 key, 2 operator, 3 values? []
LabelSelectorAttributes: 1 rawSelector?, 2 requirements? [LabelSelectorRequirement]
NonResourceAttributes: 1 path?, 2 verb?
SubjectAccessReviewStatus: 1 allowed bool, 2 reason?, 3 evaluationError?, 4 denied? bool
SelfSubjectRulesReview: 1 metadata? ObjectMeta, 2 spec SelfSubjectRulesReviewSpec, 3 status? SubjectRulesReviewStatus
SelfSubjectRulesReviewSpec: 1 namespace?
SubjectRulesReviewStatus: 1 resourceRules [ResourceRule], 2 nonResourceRules [NonResourceRule], 3 incomplete bool, 4 evaluationError?
ResourceRule: 1 verbs [], 2 apiGroups? [], 3 resources? [], 4 resourceNames? []
NonResourceRule: 1 verbs [], 2 nonResourceURLs? []
SelfSubjectReview: 1 metadata? ObjectMeta, 2 status? SelfSubjectReviewStatus
SelfSubjectReviewStatus: 1 userInfo? UserInfo
UserInfo: 1 username?, 2 uid?, 3 groups? [], 4 extra? {strings}
TokenReview: 1 metadata? ObjectMeta, 2 spec TokenReviewSpec, 3 status? TokenReviewStatus
TokenReviewSpec: 1 token?, 2 audiences? []
TokenReviewStatus: 1 authenticated? bool, 2 user? UserInfo, 3 error?, 4 audiences? []
TokenRequest: 1 metadata? ObjectMeta, 2 spec TokenRequestSpec, 3 status? TokenRequestStatus
TokenRequestSpec: 1 audiences [], 3 boundObjectRef BoundObjectReference, 4 expirationSeconds int64
BoundObjectReference: 1 kind?, 2 apiVersion?, 3 name?, 4 uid?
TokenRequestStatus: 1 token, 2 expirationTimestamp time
Binding: 1 metadata? ObjectMeta, 2 target ObjectReference
"""
