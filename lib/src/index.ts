/**
 * Vid2World in TypeScript: turn a passive video diffusion model into an interactive world model.
 * Public names, one by one, in the order of the layers.
 *
 * @packageDocumentation
 */

// tensor/

export { deriveSeed, normalNoise, normalValues, uniformNoise, uniformValues } from "./tensor/noise.js";

// engine/

export { type BackendName, useBackend } from "./engine/backends.js";
export {
  type Compiled,
  type CompileOptions,
  type CompileStats,
  compile,
  type Stacked,
} from "./engine/compile.js";
export type { GraphStats } from "./engine/openGraph.js";
export { type EngineReport, engineReport } from "./engine/report.js";
export type { Provider } from "./engine/session.js";

// weights/

export type { ElementType, ElementValues } from "./weights/elementTypes.js";
export { openTensors } from "./weights/openTensors.js";
export { loadWeights, openSafetensors } from "./weights/safetensors.js";
export { type SaveOptions, saveWeights, type TensorSource, writeSafetensors } from "./weights/saveWeights.js";
export type { StoredTensor, TensorFile, Weights } from "./weights/tensorFile.js";

// schedule/

export {
  alphasCumprod,
  type BetaKind,
  type BetaOptions,
  betaSchedule,
  zeroTerminalSnr,
} from "./schedule/betas.js";
export {
  type NoisePlan,
  type NoisePlanKind,
  type NoisePlanOptions,
  noisePlan,
} from "./schedule/noisePlan.js";
export {
  alphaAt,
  cleanLevel,
  createSchedule,
  dynamicRescale,
  labSchedule,
  type Prediction,
  type Schedule,
  type ScheduleConfig,
  vid2worldSchedule,
} from "./schedule/schedule.js";
export { ddimTimesteps, type Spacing } from "./schedule/timesteps.js";

// nn/, model/

export { withActions } from "./model/actions.js";
export {
  type AutoencodeOptions,
  type Autoencoder,
  type AutoencoderConfig,
  autoencoderParameters,
  createAutoencoder,
  decodeVideo,
  encodeMoments,
  encodeVideo,
  type LatentMoments,
  stableDiffusionAutoencoder,
} from "./model/autoencoder.js";
export { type EncodeCaptions, openCaptionEncoder } from "./model/captions.js";
export {
  createImageTower,
  createTextTower,
  embedCaptions,
  embedImages,
  emptyCaption,
  type ImageTower,
  type ImageTowerConfig,
  imageTowerParameters,
  type TextTower,
  type TextTowerConfig,
  textTowerParameters,
  vitH14Image,
  vitH14Text,
} from "./model/clip.js";
export { type ExpectedChange, expectedVelocity } from "./model/expectedVelocity.js";
export type { WatchLayer } from "./model/flow.js";
export {
  type CheckpointConfigs,
  dynamicrafterParts,
  type LoadedCheckpoint,
  type LoadOptions,
  type LoadReport,
  loadCheckpoint,
} from "./model/loadCheckpoint.js";
export { decodePatches, encodePatches, fitPatchCodec, type PatchCodec } from "./model/patchCodec.js";
export { type ContextParts, pictureContext } from "./model/pictureContext.js";
export { presets } from "./model/presets.js";
export {
  createResampler,
  dynamicrafterResampler,
  type Resampler,
  type ResamplerConfig,
  resample,
  resamplerParameters,
} from "./model/resampler.js";
export { resizeAntialiased } from "./model/resizeAntialiased.js";
export { rememberFrame, videoUnetStream } from "./model/stream.js";
export type { StreamPast } from "./model/streamLayers.js";
export { StreamMemory, type StreamMemoryState } from "./model/streamMemory.js";
export { videoUnetParameters } from "./model/unetPlan.js";
export {
  createVideoUnet,
  type VideoUnet,
  type VideoUnetInputs,
  videoUnet,
} from "./model/videoUnet.js";
export type { TemporalNorm, VideoUnetConfig } from "./model/videoUnetConfig.js";
export { countParameters, type Parameter, type Parameters } from "./nn/parameters.js";
export { type TemporalMask, temporalMask } from "./nn/temporalMask.js";

// causal/

export {
  type AuditOptions,
  auditCausality,
  type CausalityReport,
  type LayerLeak,
} from "./causal/auditCausality.js";
export { type CausalizeOptions, causalize } from "./causal/causalize.js";
export { type TransferRule, transferTemporalKernel } from "./causal/transferKernel.js";

// diffusion/

export { type Denoise, type DenoiseInputs, shiftActions } from "./diffusion/denoise.js";
export {
  addNoise,
  fromV,
  rescaleClean,
  toClean,
  toEpsilon,
  toV,
  trainingTarget,
} from "./diffusion/forms.js";
export { type FrameCoefficients, frameCoefficients } from "./diffusion/frameLevels.js";
export { diffusionForcingLoss, type NoisedBatch } from "./diffusion/loss.js";
export { type LossWeighting, lossWeights } from "./diffusion/lossWeights.js";
export { unetDenoise } from "./diffusion/unetDenoise.js";

// train/

export {
  type AutoencoderLossConfig,
  autoencoderObjective,
  labAutoencoderLoss,
  type PictureBatch,
} from "./train/autoencoderObjective.js";
export { drawClips } from "./train/drawClips.js";
export { type TrainingProgress, type TrainOptions, train } from "./train/loop.js";
export {
  type DiffusionConfig,
  diffusionObjective,
  labDiffusion,
  type Objective,
  type Trainable,
  type VideoBatch,
  videoObjective,
} from "./train/objective.js";
export { labOptimizer, learningRate, type OptimizerConfig, vid2worldOptimizer } from "./train/optimizer.js";
export type { Engine } from "./train/run.js";
export { createTrainer, resumeTrainer, type Trainer, type TrainerOptions } from "./train/trainer.js";
export type { StepResult } from "./train/update.js";

// sample/

export { type DdimStepOptions, ddimStep } from "./sample/ddim.js";
export { type CodecModel, createFrameCodec, type FrameCodec } from "./sample/frameCodec.js";
export { type GuideOptions, guide } from "./sample/guide.js";
export type { Snapshot } from "./sample/history.js";
export { type CacheMode, type RolloutOptions, type RolloutResult, rollout } from "./sample/rollout.js";
export { labRollout, paperRollout, type RolloutConfig } from "./sample/rolloutConfig.js";
export { type SamplePlanOptions, samplePlan } from "./sample/samplePlan.js";
export { type LevelStep, type Solver, type StepCoefficients, solverStep, takeStep } from "./sample/solver.js";
export { createWorld, type WorldOptions } from "./sample/unetWorld.js";
export type { FrameStream, StreamSize, StreamSnapshot, World } from "./sample/world.js";
export { loadWorldParts, openWorldModel, saveWorldModel, type WorldParts } from "./sample/worldFiles.js";
export {
  createWorldModel,
  type SamplingConfig,
  type WorldModel,
  type WorldModelOptions,
} from "./sample/worldModel.js";

// data/

export { type Clip, type ClipList, type EpisodeSplit, sampleClips, splitEpisodes } from "./data/clips.js";
export { VideoFileError, type VideoInfo } from "./data/codec.js";
export {
  type CsgoAction,
  type CsgoKey,
  csgoActionNames,
  csgoActionSize,
  csgoKeys,
  csgoMouseX,
  csgoMouseY,
  decodeCsgoAction,
  encodeCsgoAction,
} from "./data/csgoAction.js";
export { type Episode, EpisodeFileError } from "./data/episode.js";
export {
  type EpisodeFormat,
  type EpisodeSet,
  type OpenEpisodesOptions,
  openEpisodes,
  type SkippedEpisode,
} from "./data/openEpisodes.js";
export { videoInfo } from "./data/openVideo.js";
export { type ReadVideoOptions, readVideo, type VideoSpan } from "./data/readVideo.js";
export { type Pose, reconAction, reconPose } from "./data/recon.js";
export { type WriteEpisodesOptions, type WrittenEpisodes, writeEpisodes } from "./data/writeEpisodes.js";
export { type WriteVideoOptions, writeVideo } from "./data/writeVideo.js";

// worlds/

export { type ArenaState, createArena } from "./worlds/arena/arena.js";
export { arenaBehaviours } from "./worlds/arena/behaviours.js";
export type { BehaviourPolicy } from "./worlds/behaviour.js";
export { type MadeWorld, makeWorld } from "./worlds/makeWorld.js";
export { noisyBehaviour, repeatedBehaviour } from "./worlds/mixedBehaviours.js";
export { type PassiveClipOptions, passiveClip } from "./worlds/passive/passiveClip.js";
export {
  boxMesh,
  capsuleMesh,
  cylinderMesh,
  planeMesh,
  sphereMesh,
} from "./worlds/raster/meshes.js";
export { renderScene } from "./worlds/raster/renderScene.js";
export type {
  Camera,
  Color,
  Instance,
  Light,
  Material,
  Mesh,
  Scene,
  Sky,
  Texture,
  Vector3,
} from "./worlds/raster/scene.js";
export { cosine, sine } from "./worlds/raster/trigonometry.js";
export { rotationAbout } from "./worlds/raster/vector.js";
export { type ClipSource, clipSources, recordClip } from "./worlds/recordClip.js";
export { type RecordOptions, recordEpisode } from "./worlds/recordEpisode.js";
export type { Simulator, SimulatorSnapshot, WorldName } from "./worlds/simulator.js";
export { tabletopBehaviours } from "./worlds/tabletop/behaviour.js";
export type { TabletopTask } from "./worlds/tabletop/layout.js";
export { createTabletop, type TabletopState } from "./worlds/tabletop/tabletop.js";
export { asRecon } from "./worlds/trail/asRecon.js";
export { trailBehaviours } from "./worlds/trail/behaviours.js";
export { advancePose, type GroundPose } from "./worlds/trail/pose.js";
export { createTrail, type TrailState } from "./worlds/trail/trail.js";

// metric/

export { type ActionDeltaOptions, actionDelta, type ClipsScore, meanScore } from "./metric/actionDelta.js";
export {
  type ActionFollowing,
  type ActionFollowingOptions,
  actionFollowing,
} from "./metric/actionFollowing.js";
export type { Estimate } from "./metric/bootstrap.js";
export type { MetricWeights } from "./metric/convNet.js";
export {
  type ClipFeatures,
  type DistributionDistance,
  type DistributionOptions,
  distributionDistance,
  type FeatureNetwork,
} from "./metric/distributions.js";
export {
  type DreamsimOptions,
  dreamsim,
  dreamsimEmbedding,
  dreamsimInput,
} from "./metric/dreamsim.js";
export { loadDreamsimWeights } from "./metric/dreamsimWeights.js";
export {
  type ClipScores,
  type EvaluateOptions,
  type Evaluation,
  evaluateFolders,
  type NetworkMetric,
} from "./metric/evaluate.js";
export type { Features } from "./metric/features.js";
export { type FrechetOptions, frechetDistance } from "./metric/frechet.js";
export { type FrechetLimit, type FrechetLimitOptions, frechetLimit } from "./metric/frechetLimit.js";
export { type I3dOptions, type I3dRange, i3dFeatures } from "./metric/i3d.js";
export { inceptionFeatures } from "./metric/inception.js";
export {
  type ActionBatch,
  actionScale,
  createInverseDynamics,
  type InverseDynamics,
  type InverseDynamicsConfig,
  inverseDynamicsObjective,
  labInverseDynamics,
  readActions,
} from "./metric/inverseDynamics.js";
export { kernelDistance } from "./metric/kernelDistance.js";
export { type LabPerceptual, labFrechet, labPerceptual } from "./metric/labMetrics.js";
export { type LabNetworkName, labNetworkName, type TrunkConfig } from "./metric/labNetwork.js";
export { loadLabNetwork, saveLabNetwork } from "./metric/labNetworkFile.js";
export { type LpipsNetwork, type LpipsOptions, lpips } from "./metric/lpips.js";
export { luma601 } from "./metric/luma.js";
export { poolPlaces } from "./metric/poolPlaces.js";
export { applyProtocol, type EvaluationProtocol, type ProtocolName, protocols } from "./metric/protocol.js";
export { frameMse, framePsnr, type PsnrVariant } from "./metric/psnr.js";
export { pillowResize, type ResizeFilter, resizeFrames } from "./metric/resize.js";
export { requireSameNetwork } from "./metric/sameNetwork.js";
export { frameSsim, type SsimVariant } from "./metric/ssim.js";
export {
  createStateReader,
  labStateReader,
  readStates,
  type StateBatch,
  type StateReader,
  type StateReaderConfig,
  stateReaderObjective,
} from "./metric/stateReader.js";
export {
  clipFeatures,
  createVideoEncoder,
  type EncoderBatch,
  frameFeatures,
  labVideoEncoder,
  type VideoEncoder,
  type VideoEncoderConfig,
  videoEncoderObjective,
} from "./metric/videoEncoder.js";
export {
  findWeightFile,
  loadI3dWeights,
  loadInceptionWeights,
  loadLpipsWeights,
  type WeightFile,
  type WeightFileKey,
  weightFiles,
} from "./metric/weightFiles.js";

// study/

export { ablationStudy } from "./study/ablation.js";
export { loadAutoencoder, saveAutoencoder } from "./study/autoencoderFiles.js";
export { openBase, type StudyBase, type TinyBase } from "./study/base.js";
export { type Budget, type FineTuneStudyOptions, fineTuneProtocol } from "./study/budgets.js";
export { type ClipSet, type Clips, openClips } from "./study/clipSet.js";
export { type ClipTruth, openTruth } from "./study/clipTruth.js";
export { type ArmComparison, type CompareOptions, compareArms } from "./study/compareArms.js";
export { type ClipSetFeatures, compareDistances } from "./study/compareDistances.js";
export {
  type Compute,
  defineStudy,
  type Study,
  type StudyFolders,
  type Unit,
  type UnitOptions,
  type UnitValues,
  units,
} from "./study/defineStudy.js";
export type { ClipEstimate } from "./study/estimate.js";
export {
  type AutoencoderScores,
  evaluateModel,
  type ModelScores,
  type ReaderScores,
} from "./study/evaluateModel.js";
export type { EvaluateModelOptions } from "./study/evaluation.js";
export { type FineTuneSettings, fineTune } from "./study/fineTune.js";
export { causalArm, guided, unguided } from "./study/fineTuneArms.js";
export { type LayerError, layerErrors } from "./study/layerErrors.js";
export type { ModelCard } from "./study/modelCard.js";
export { paperProtocol } from "./study/paperPlaces.js";
export { type PaperNeeds, type PaperScale, paperNeeds, paperScale } from "./study/paperScale.js";
export {
  cardDifferences,
  cardHash,
  type Plain,
  type ProtocolCard,
  requireComparable,
} from "./study/protocolCard.js";
export {
  type AutoencoderRecipe,
  findRecipe,
  type PassiveRecipe,
  type ReaderRecipe,
  type Recipe,
  type RecipeName,
  recipes,
  type ScratchRecipe,
  type WorldRecipe,
} from "./study/recipe.js";
export { type Recomputed, recompute } from "./study/recompute.js";
export type { SeedClipValues } from "./study/resample.js";
export { type Claim, openResultStore, type ResultStore, type StoredResult } from "./study/resultStore.js";
export {
  type RunStudyOptions,
  runStudy,
  type StudyProgress,
} from "./study/runStudy.js";
export { type ActionScore, type ActionScoreOptions, scoreActions } from "./study/scoreActions.js";
export {
  type PictureScore,
  type PictureScoreOptions,
  scoreAutoencoder,
} from "./study/scoreAutoencoder.js";
export {
  type LongRolloutOptions,
  type LongRolloutScore,
  scoreLongRollouts,
} from "./study/scoreLongRollouts.js";
export type { NumberScore } from "./study/scoreReader.js";
export {
  type ClipErrors,
  compareRollouts,
  type RolloutScore,
  type ScoreOptions,
  scoreRollouts,
} from "./study/scoreRollouts.js";
export type { ChangedPixels, WorldScores } from "./study/scoreWorld.js";
export type { ShippedModel } from "./study/shippedModel.js";
export { stripVideos } from "./study/strip.js";
export type { StudyEncoder } from "./study/studyEncoder.js";
export { readStudy } from "./study/studyFile.js";
export { type StudySummary, summarizeStudy } from "./study/summarizeStudy.js";
export { type ComputedUnit, computeCard } from "./study/tasks.js";
export {
  type TinyOptions,
  type TinyPassive,
  type TinyWorldOptions,
  trainTinyBase,
  trainTinyWorld,
} from "./study/tinyWorld.js";
export { type TrainRecipeOptions, trainRecipe } from "./study/trainRecipe.js";
export { type Expectation, type Verdict, type VerdictWord, verdictOf } from "./study/verdict.js";
export { weightTransferStudy } from "./study/weightTransfer.js";
export { readableAction, readableNames, stateNumbers } from "./study/worldTruth.js";

// notebook/

export { NotebookError } from "./notebook/kernel.js";
export { type PlotlyFigure, showFigure } from "./notebook/showFigure.js";
export { type FilmstripOptions, showFilmstrip, type Videos } from "./notebook/showFilmstrip.js";
export { showMarkdown } from "./notebook/showMarkdown.js";
export { showPlot, type VegaLiteSpec } from "./notebook/showPlot.js";
export { type Progress, type ProgressOptions, showProgress } from "./notebook/showProgress.js";
export { showTable, type TableOptions } from "./notebook/showTable.js";
export { type ShowVideoOptions, showVideo } from "./notebook/showVideo.js";

// play/

export { builtInWorldNames } from "./play/builtInWorlds.js";
export type { EngineStats } from "./play/engine.js";
export { findModelFolders, modelsOfWorlds } from "./play/modelFolders.js";
export { type ServePlayOptions, servePlay, type TrueWorld } from "./play/servePlay.js";
export type { PlayServer } from "./play/server.js";
export { type ShowPlayOptions, showPlay } from "./play/showPlay.js";
