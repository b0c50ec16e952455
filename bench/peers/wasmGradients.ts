/** Two kernels that TensorFlow.js's wasm backend lacks and training needs, written with ops that it has. */
import * as tf from "@tensorflow/tfjs";

function asTensor(info: tf.TensorInfo | undefined): tf.Tensor {
  return tf.engine().makeTensorFromTensorInfo(info as tf.TensorInfo);
}

/** The kernel's gradient, place by place: transposed input times output gradient. */
function filterGradient({ inputs, attrs }: Parameters<tf.KernelFunc>[0]): tf.TensorInfo {
  const { strides, pad, filterShape, dimRoundingMode } = attrs as never as {
    strides: number | [number, number];
    pad: "valid" | "same" | number;
    filterShape: [number, number, number, number];
    dimRoundingMode?: "floor";
  };
  return tf.tidy(() => {
    const x = asTensor(inputs.x) as tf.Tensor4D;
    const dy = asTensor(inputs.dy) as tf.Tensor4D;
    const info = tf.backend_util.computeConv2DInfo(x.shape, filterShape, strides, 1, pad, dimRoundingMode);
    const { top, bottom, left, right } = info.padInfo;
    const steps = [info.strideHeight, info.strideWidth];
    const wide = x.pad([
      [0, 0],
      [top, bottom],
      [left, right],
      [0, 0],
    ]);
    const [rows, columns, channels, out] = filterShape;
    const flat = dy.reshape<tf.Tensor2D>([-1, out]);
    const products: tf.Tensor[] = [];
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++) {
        const end = [
          x.shape[0],
          row + info.outHeight * steps[0],
          column + info.outWidth * steps[1],
          channels,
        ];
        const seen = tf.stridedSlice(wide, [0, row, column, 0], end, [1, ...steps, 1]);
        products.push(tf.matMul(seen.reshape<tf.Tensor2D>([-1, channels]), flat, true));
      }
    return tf.stack(products).reshape(filterShape);
  });
}

function segmentSum({ inputs, attrs }: Parameters<tf.KernelFunc>[0]): tf.TensorInfo {
  const { numSegments } = attrs as never as { numSegments: number };
  return tf.tidy(() => {
    const x = asTensor(inputs.x);
    const chosen = tf
      .oneHot(asTensor(inputs.segmentIds) as tf.Tensor1D, numSegments)
      .toFloat() as tf.Tensor2D;
    const sums = tf.matMul(chosen, x.reshape<tf.Tensor2D>([x.shape[0], -1]), true);
    return sums.reshape([numSegments, ...x.shape.slice(1)]);
  });
}

/** Lets the wasm backend train. */
export function completeWasm(): void {
  tf.registerKernel({ kernelName: "Conv2DBackpropFilter", backendName: "wasm", kernelFunc: filterGradient });
  tf.registerKernel({ kernelName: "UnsortedSegmentSum", backendName: "wasm", kernelFunc: segmentSum });
}
