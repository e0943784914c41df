<?php
/**
 * Imitates how Yoast SEO, Rank Math and SEOPress take their fields over REST, because the plugins themselves cannot be
 * had where these tests run. The routes, methods, parameter names and permissions are theirs; what they do with the texts is
 * not. Put into mu-plugins by test/services and taken away again; acts only on requests that carry the header
 * X-BP-Test-Seo (yoast, rank-math or seopress), so that nobody else on the site notices.
 */
$bp_seo = $_SERVER['HTTP_X_BP_TEST_SEO'] ?? '';
// Two runs of the tests may have put it there at the same time; one is enough.
if ( '' === $bp_seo || defined( 'BP_TEST_SEO' ) ) {
	return;
}
define( 'BP_TEST_SEO', $bp_seo );

if ( ! function_exists( 'bp_seo_may_edit' ) ) {
	function bp_seo_may_edit( $request ) {
		return current_user_can( 'edit_post', (int) ( $request['id'] ?? $request['objectID'] ) );
	}
}

if ( 'yoast' === $bp_seo ) {
	// Registered for REST: title and description. The focus keyword is not, so it is dropped in silence with a 200.
	add_action( 'init', function () {
		foreach ( array( '_yoast_wpseo_title', '_yoast_wpseo_metadesc' ) as $key ) {
			register_post_meta( 'post', $key, array(
				'type' => 'string', 'single' => true, 'show_in_rest' => true,
				'auth_callback' => function ( $allowed, $meta_key, $post_id ) { return current_user_can( 'edit_post', $post_id ); },
			) );
		}
	} );
	add_action( 'rest_api_init', function () {
		register_rest_route( 'yoast/v1', '/get_head', array(
			'methods' => 'GET', 'callback' => '__return_empty_array', 'permission_callback' => '__return_true',
		) );
	} );
}

if ( 'rank-math' === $bp_seo ) {
	add_action( 'rest_api_init', function () {
		register_rest_route( 'rankmath/v1', '/updateMeta', array(
			'methods' => 'POST',
			'permission_callback' => 'bp_seo_may_edit',
			'callback' => function ( $request ) {
				if ( 'post' !== $request['objectType'] ) {
					return new WP_Error( 'param_value_empty', 'Unknown object type.', array( 'status' => 400 ) );
				}
				foreach ( (array) $request['meta'] as $key => $value ) {
					update_post_meta( (int) $request['objectID'], $key, wp_slash( sanitize_text_field( $value ) ) );
				}
				return array( 'slug' => true, 'schemas' => array() );
			},
		) );
	} );
}

if ( 'seopress' === $bp_seo ) {
	add_action( 'rest_api_init', function () {
		$texts = array( 'title' => '_seopress_titles_title', 'description' => '_seopress_titles_desc' );
		register_rest_route( 'seopress/v1', '/posts/(?P<id>\d+)/title-description-metas', array(
			array(
				'methods' => 'GET', 'permission_callback' => 'bp_seo_may_edit',
				'callback' => function ( $request ) use ( $texts ) {
					return array_map( function ( $key ) use ( $request ) { return get_post_meta( (int) $request['id'], $key, true ); }, $texts );
				},
			),
			array(
				'methods' => 'PUT', 'permission_callback' => 'bp_seo_may_edit',
				'callback' => function ( $request ) use ( $texts ) {
					foreach ( $texts as $name => $key ) {
						update_post_meta( (int) $request['id'], $key, wp_slash( sanitize_text_field( $request[ $name ] ?? '' ) ) );
					}
					return array( 'code' => 'success' );
				},
			),
		) );
		register_rest_route( 'seopress/v1', '/posts/(?P<id>\d+)/target-keywords', array(
			array(
				'methods' => 'GET', 'permission_callback' => 'bp_seo_may_edit',
				'callback' => function ( $request ) {
					return array( 'value' => array( get_post_meta( (int) $request['id'], '_seopress_analysis_target_kw', true ) ) );
				},
			),
			array(
				'methods' => 'PUT', 'permission_callback' => 'bp_seo_may_edit',
				'callback' => function ( $request ) {
					update_post_meta( (int) $request['id'], '_seopress_analysis_target_kw', wp_slash( sanitize_text_field( $request['_seopress_analysis_target_kw'] ) ) );
					return array( 'code' => 'success' );
				},
			),
		) );
	} );
}

if ( '' !== $bp_seo ) {
	// What is stored, for the test to look at.
	add_action( 'rest_api_init', function () {
		register_rest_route( 'bp-test/v1', '/meta/(?P<id>\d+)', array(
			'methods' => 'GET', 'permission_callback' => 'bp_seo_may_edit',
			'callback' => function ( $request ) { return get_post_meta( (int) $request['id'] ); },
		) );
	} );
}
